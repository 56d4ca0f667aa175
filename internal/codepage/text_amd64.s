#include "textflag.h"

// func textBlocks(p []byte) (n int)
TEXT ·textBlocks(SB), NOSPLIT, $0-32
	MOVQ p_base+0(FP), SI
	MOVQ p_len+8(FP), DX
	ANDQ $~63, DX
	XORL AX, AX
	PXOR X0, X0
next:
	CMPQ AX, DX
	JGE  done
	MOVOU 0(SI)(AX*1), X1
	MOVOU 16(SI)(AX*1), X2
	MOVOU 32(SI)(AX*1), X3
	MOVOU 48(SI)(AX*1), X4
	PCMPGTB X0, X1 // as signed bytes, ASCII but NUL is above 0
	PCMPGTB X0, X2
	PCMPGTB X0, X3
	PCMPGTB X0, X4
	PAND X1, X2
	PAND X3, X4
	PAND X2, X4
	PMOVMSKB X4, CX
	CMPL CX, $0xFFFF
	JNE  done
	ADDQ $64, AX
	JMP  next
done:
	MOVQ AX, n+24(FP)
	RET
