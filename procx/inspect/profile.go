package inspect

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// The profile format is that of github.com/google/pprof/proto/profile.proto. These are the field
// numbers needed here.
const (
	fieldSample, fieldMapping, fieldLocation, fieldFunction, fieldString = 2, 3, 4, 5, 6
	fieldTime, fieldDuration, fieldComment                               = 9, 10, 13
)

// profile is a decoded profile. Its messages refer to strings by index, and to each other by ID.
type profile struct {
	strings        []string
	mappings       []entity
	functions      []entity
	locations      []entity
	samples        []sample
	time, duration int64    // nanoseconds
	comments       []uint64 // indices of strings
	rest           []byte   // the other fields, encoded
}

// entity is a mapping, function or location: its ID and its message without the ID.
type entity struct {
	id   uint64
	body []byte
}

// sample is a stack, leaf first, with values and encoded labels.
type sample struct {
	locations []uint64
	values    []int64
	labels    [][]byte
}

var errProfile = errors.New("inspect: damaged profile")

// parseProfile decodes a profile, compressed or not.
func parseProfile(data []byte) (*profile, error) {
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		if data, err = io.ReadAll(z); err != nil {
			return nil, err
		}
	}
	p := &profile{}
	err := eachField(data, func(num int, v uint64, msg []byte) error {
		var err error
		switch {
		case num == fieldSample && msg != nil:
			err = p.addSample(msg)
		case num == fieldMapping && msg != nil:
			p.mappings, err = addEntity(p.mappings, msg)
		case num == fieldFunction && msg != nil:
			p.functions, err = addEntity(p.functions, msg)
		case num == fieldLocation && msg != nil:
			p.locations, err = addEntity(p.locations, msg)
		case num == fieldString && msg != nil:
			p.strings = append(p.strings, string(msg))
		case num == fieldTime:
			p.time = int64(v)
		case num == fieldDuration:
			p.duration = int64(v)
		case num == fieldComment:
			p.comments, err = appendNumbers(p.comments, v, msg)
		default:
			p.rest = appendField(p.rest, num, v, msg)
		}
		return err
	})
	return p, err
}

func addEntity(list []entity, msg []byte) ([]entity, error) {
	var e entity
	err := eachField(msg, func(num int, v uint64, data []byte) error {
		if num == 1 { // the ID, in all three
			e.id = v
		} else {
			e.body = appendField(e.body, num, v, data)
		}
		return nil
	})
	return append(list, e), err
}

func (p *profile) addSample(msg []byte) error {
	var s sample
	var values []uint64
	err := eachField(msg, func(num int, v uint64, data []byte) (err error) {
		switch num {
		case 1:
			s.locations, err = appendNumbers(s.locations, v, data)
		case 2:
			values, err = appendNumbers(values, v, data)
		case 3:
			s.labels = append(s.labels, data)
		}
		return err
	})
	for _, v := range values {
		s.values = append(s.values, int64(v))
	}
	p.samples = append(p.samples, s)
	return err
}

// encode encodes and compresses the profile.
func (p *profile) encode(w io.Writer) error {
	b := slices.Clone(p.rest)
	for _, s := range p.samples {
		b = appendField(b, fieldSample, 0, s.encode())
	}
	for _, list := range []struct {
		num      int
		entities []entity
	}{{fieldMapping, p.mappings}, {fieldLocation, p.locations}, {fieldFunction, p.functions}} {
		for _, e := range list.entities {
			b = appendField(b, list.num, 0, append(appendField(nil, 1, e.id, nil), e.body...))
		}
	}
	for _, s := range p.strings {
		b = appendField(b, fieldString, 0, append([]byte{}, s...))
	}
	b = appendField(b, fieldTime, uint64(p.time), nil)
	b = appendField(b, fieldDuration, uint64(p.duration), nil)
	for _, c := range p.comments {
		b = appendField(b, fieldComment, c, nil)
	}
	z := gzip.NewWriter(w)
	if _, err := z.Write(b); err != nil {
		return err
	}
	return z.Close()
}

func (s sample) encode() []byte {
	msg := s.key()
	values := []byte{}
	for _, v := range s.values {
		values = binary.AppendUvarint(values, uint64(v))
	}
	return appendField(msg, 2, 0, values)
}

// key returns the identity of a sample: its encoded stack and labels.
func (s sample) key() []byte {
	locations := []byte{}
	for _, id := range s.locations {
		locations = binary.AppendUvarint(locations, id)
	}
	key := appendField(nil, 1, 0, locations)
	for _, l := range s.labels {
		key = appendField(key, 3, 0, l)
	}
	return key
}

// eachField calls f for each field of an encoded message, with its number and, depending on its
// kind, its value or its bytes, which are nil only in the first case (protobuf.dev: "Encoding").
func eachField(msg []byte, f func(num int, v uint64, data []byte) error) error {
	for len(msg) > 0 {
		tag, n := binary.Uvarint(msg)
		if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<29 {
			return errProfile
		}
		msg = msg[n:]
		v, n := binary.Uvarint(msg)
		if n <= 0 {
			return errProfile
		}
		msg = msg[n:]
		var data []byte
		switch tag & 7 {
		case 0:
		case 2:
			if v > uint64(len(msg)) {
				return errProfile
			}
			data, msg = msg[:v:v], msg[v:]
			v = 0
		default: // fixed-size numbers don't occur
			return errProfile
		}
		if err := f(int(tag>>3), v, data); err != nil {
			return err
		}
	}
	return nil
}

// appendField encodes a field: its bytes or, if they are nil, its value.
func appendField(b []byte, num int, v uint64, data []byte) []byte {
	if data == nil {
		return binary.AppendUvarint(binary.AppendUvarint(b, uint64(num)<<3), v)
	}
	b = binary.AppendUvarint(b, uint64(num)<<3|2)
	return append(binary.AppendUvarint(b, uint64(len(data))), data...)
}

// appendNumbers appends a repeated number: packed into bytes, or one value.
func appendNumbers(list []uint64, v uint64, data []byte) ([]uint64, error) {
	if data == nil {
		return append(list, v), nil
	}
	for len(data) > 0 {
		v, n := binary.Uvarint(data)
		if n <= 0 {
			return nil, errProfile
		}
		list, data = append(list, v), data[n:]
	}
	return list, nil
}
