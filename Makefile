check: ; @.ci/run check
ci:    ; @.ci/run
wine:  ; @.ci/run wine
