package inspect

import (
	"slices"
	"strings"
)

// subtract subtracts an older profile's values from those of p, so that p shows the changes in
// between. Samples without a change are removed.
func (p *profile) subtract(old *profile) {
	m := merger{p: p, index: map[string]uint64{}}
	for i, s := range p.strings {
		m.index[s] = uint64(i)
	}
	mappings := m.merge(&p.mappings, old.mappings, func(body []byte) []byte {
		return rewrite(body, func(num int, v uint64) uint64 {
			if num == 5 || num == 6 { // file name, build ID
				return m.string(old, v)
			}
			return v
		}, nil)
	})
	functions := m.merge(&p.functions, old.functions, func(body []byte) []byte {
		return rewrite(body, func(num int, v uint64) uint64 {
			if num >= 2 && num <= 4 { // name, system name, file name
				return m.string(old, v)
			}
			return v
		}, nil)
	})
	locations := m.merge(&p.locations, old.locations, func(body []byte) []byte {
		return rewrite(body, func(num int, v uint64) uint64 {
			if num == 2 {
				return mappings[v]
			}
			return v
		}, func(line []byte) []byte {
			return rewrite(line, func(num int, v uint64) uint64 {
				if num == 1 {
					return functions[v]
				}
				return v
			}, nil)
		})
	})

	at := map[string]int{}
	for i, s := range p.samples {
		at[string(s.key())] = i
	}
	for _, s := range old.samples {
		s.locations = slices.Clone(s.locations)
		for i, id := range s.locations {
			s.locations[i] = locations[id]
		}
		s.labels = slices.Clone(s.labels)
		for i, label := range s.labels {
			s.labels[i] = rewrite(label, func(num int, v uint64) uint64 {
				if num != 3 { // key, string, unit; but not the number
					return m.string(old, v)
				}
				return v
			}, nil)
		}
		i, ok := at[string(s.key())]
		if !ok {
			i = len(p.samples)
			at[string(s.key())] = i
			p.samples = append(p.samples, sample{s.locations, make([]int64, len(s.values)), s.labels})
		}
		values := p.samples[i].values
		for j := range min(len(values), len(s.values)) {
			values[j] -= s.values[j]
		}
	}
	p.samples = slices.DeleteFunc(p.samples, func(s sample) bool {
		return !slices.ContainsFunc(s.values, func(v int64) bool { return v != 0 })
	})
	p.duration = p.time - old.time
}

// merger merges another profile's entities into p.
type merger struct {
	p     *profile
	index map[string]uint64 // of p.strings
}

// merge adds the missing entities of others to list, converting their bodies with translate. It
// returns a map from IDs in others to IDs in list.
func (m *merger) merge(list *[]entity, others []entity, translate func([]byte) []byte) map[uint64]uint64 {
	have, next := map[string]uint64{}, uint64(1)
	for _, e := range *list {
		have[string(e.body)] = e.id
		next = max(next, e.id+1)
	}
	ids := map[uint64]uint64{}
	for _, e := range others {
		body := translate(e.body)
		id, ok := have[string(body)]
		if !ok {
			id = next
			next++
			have[string(body)] = id
			*list = append(*list, entity{id, body})
		}
		ids[e.id] = id
	}
	return ids
}

// string returns the index in p of another profile's string.
func (m *merger) string(other *profile, i uint64) uint64 {
	if i >= uint64(len(other.strings)) {
		return 0
	}
	return m.intern(other.strings[i])
}

func (m *merger) intern(s string) uint64 {
	i, ok := m.index[s]
	if !ok {
		i = uint64(len(m.p.strings))
		m.index[s] = i
		m.p.strings = append(m.p.strings, strings.Clone(s))
	}
	return i
}

// rewrite passes each value of an encoded message through f, and each nested message through nested
// if not nil. It drops a damaged rest.
func rewrite(msg []byte, f func(num int, v uint64) uint64, nested func([]byte) []byte) []byte {
	out := []byte{}
	eachField(msg, func(num int, v uint64, data []byte) error {
		if data == nil {
			v = f(num, v)
		} else if nested != nil {
			data = nested(data)
		}
		out = appendField(out, num, v, data)
		return nil
	})
	return out
}
