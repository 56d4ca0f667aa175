package eventlog

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
)

// CustomView returns Event Viewer's XML for a view.
func CustomView(name string, f reading.Filter) ([]byte, error) {
	if name == "" {
		return nil, errors.New("eventx: a custom view needs a name")
	}
	f.After = ""
	list, err := queryListOf(f, f.IDs)
	if err != nil {
		return nil, err
	}
	view := struct {
		XMLName   xml.Name  `xml:"ViewerConfig"`
		UserQuery struct{}  `xml:"QueryConfig>QueryParams>UserQuery"`
		Name      string    `xml:"QueryConfig>QueryNode>Name"`
		List      queryList `xml:"QueryConfig>QueryNode>QueryList"`
	}{Name: name, List: list}
	data, err := xml.MarshalIndent(view, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("eventx: custom view: %w", err)
	}
	return append(data, '\n'), nil
}

// queryList is a structured query (Microsoft, "Query Schema").
type queryList struct {
	XMLName xml.Name `xml:"QueryList"`
	Query   []structuredQuery
}

type structuredQuery struct {
	ID      int           `xml:"Id,attr"`
	Path    string        `xml:"Path,attr"`
	Selects []querySelect `xml:"Select"`
}

type querySelect struct {
	Path  string `xml:"Path,attr"`
	XPath string `xml:",chardata"`
}

// The event log accepts 21 or 22 comparisons in one expression and rejects a longer one as invalid
// (15001; Elastic, "Configure Winlogbeat"). So many sources or IDs need several expressions. Level
// and times take up to five comparisons.
const (
	maxSources = 8
	maxIDs     = 7 // comparisons
)

// maxSelects is the maximum number of expressions in one query of a list.
const maxSelects = 256

// queryListOf returns the query for f with the given IDs.
func queryListOf(f reading.Filter, ids []uint16) (list queryList, err error) {
	log := cmp.Or(f.Log, "Application")
	sources, err := sourceTerms(f)
	if err != nil {
		return list, err
	}
	after, err := afterTerm(f)
	if err != nil {
		return list, err
	}
	for _, source := range chunks(sources, maxSources) {
		for _, id := range chunks(idTerms(ids), maxIDs) {
			var all []string
			if len(source) > 0 {
				all = append(all, "Provider["+strings.Join(source, " or ")+"]")
			}
			if len(id) > 0 {
				all = append(all, "("+strings.Join(id, " or ")+")")
			}
			for _, term := range []string{levelTerm(f.MinLevel), sinceTerm(f.Since), after} {
				if term != "" {
					all = append(all, term)
				}
			}
			path := "*"
			if len(all) > 0 {
				path = "*[System[" + strings.Join(all, " and ") + "]]"
			}
			n := len(list.Query)
			if n == 0 || len(list.Query[n-1].Selects) == maxSelects {
				list.Query = append(list.Query, structuredQuery{ID: n, Path: log})
				n++
			}
			list.Query[n-1].Selects = append(list.Query[n-1].Selects, querySelect{log, path})
		}
	}
	return list, nil
}

// chunks splits terms into chunks of at most size comparisons. Without terms it returns one empty
// chunk.
func chunks(terms []string, size int) (all [][]string) {
	var chunk []string
	n := 0
	for _, term := range terms {
		comparisons := 1 + strings.Count(term, " and ")
		if n+comparisons > size && n > 0 {
			all, chunk, n = append(all, chunk), nil, 0
		}
		chunk, n = append(chunk, term), n+comparisons
	}
	return append(all, chunk)
}

func sourceTerms(f reading.Filter) (terms []string, err error) {
	for _, name := range f.Sources {
		quote := "'"
		if strings.Contains(name, quote) {
			quote = `"`
			if strings.Contains(name, quote) {
				return nil, fmt.Errorf("eventx: source %q: no query can be written for a name with both kinds of quotes", name)
			}
		}
		terms = append(terms, "@Name="+quote+name+quote)
	}
	return terms, nil
}

// idTerms joins adjacent IDs into ranges, which count as two comparisons.
func idTerms(ids []uint16) (terms []string) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	for len(ids) > 0 {
		n := 1
		for n < len(ids) && ids[n] == ids[0]+uint16(n) {
			n++
		}
		switch n {
		case 1:
			terms = append(terms, fmt.Sprintf("EventID=%d", ids[0]))
		case 2:
			terms = append(terms, fmt.Sprintf("EventID=%d", ids[0]), fmt.Sprintf("EventID=%d", ids[1]))
		default:
			terms = append(terms, fmt.Sprintf("(EventID >= %d and EventID <= %d)", ids[0], ids[n-1]))
		}
		ids = ids[n:]
	}
	return terms
}

// levelTerm returns the comparison for levels from min: 1 is critical, 2 error, 3 warning; all
// others are information.
func levelTerm(min slog.Level) string {
	switch queue.SeverityOf(min) {
	case queue.SevError:
		return "(Level=1 or Level=2)"
	case queue.SevWarn:
		return "(Level=1 or Level=2 or Level=3)"
	}
	return ""
}

// sinceTerm is exact to the millisecond, like Event Viewer's own queries.
func sinceTerm(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return "TimeCreated[@SystemTime >= '" + t.UTC().Format("2006-01-02T15:04:05.000Z") + "']"
}
