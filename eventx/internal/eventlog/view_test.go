package eventlog

import (
	"encoding/xml"
	"fmt"
	"log/slog"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/reading"
)

// selects returns the paths of a view, unescaped.
func selects(t *testing.T, view []byte) []string {
	t.Helper()
	var v struct {
		Selects []string `xml:"QueryConfig>QueryNode>QueryList>Query>Select"`
	}
	require.NoError(t, xml.Unmarshal(view, &v))
	return v.Selects
}

func TestCustomView(t *testing.T) {
	got, err := CustomView(`Health of "orders" & Co`, reading.Filter{Sources: []string{"orders", "O'Reilly <x>"}, IDs: []uint16{103, 106, 102}, MinLevel: slog.LevelWarn,
		Since: time.Date(2026, 11, 25, 10, 30, 0, 999_999_999, time.FixedZone("CET", 3600))})
	require.NoError(t, err)
	assert.Equal(t, `<ViewerConfig>
  <QueryConfig>
    <QueryParams>
      <UserQuery></UserQuery>
    </QueryParams>
    <QueryNode>
      <Name>Health of &#34;orders&#34; &amp; Co</Name>
      <QueryList>
        <Query Id="0" Path="Application">
          <Select Path="Application">*[System[Provider[@Name=&#39;orders&#39; or @Name=&#34;O&#39;Reilly &lt;x&gt;&#34;] and (EventID=102 or EventID=103 or EventID=106) and (Level=1 or Level=2 or Level=3) and TimeCreated[@SystemTime &gt;= &#39;2026-11-25T09:30:00.999Z&#39;]]]</Select>
        </Query>
      </QueryList>
    </QueryNode>
  </QueryConfig>
</ViewerConfig>
`, string(got))
}

func TestQueryTerms(t *testing.T) {
	tests := []struct {
		name   string
		filter reading.Filter
		want   string
	}{
		{"all", reading.Filter{}, "*"},
		{"a range of IDs", reading.Filter{IDs: []uint16{103, 100, 101, 102, 101, 65535}}, "*[System[((EventID >= 100 and EventID <= 103) or EventID=65535)]]"},
		{"errors", reading.Filter{MinLevel: slog.LevelError}, "*[System[(Level=1 or Level=2)]]"},
		{"below Info is everything", reading.Filter{MinLevel: slog.LevelDebug}, "*"},
		{"between Warn and Error", reading.Filter{MinLevel: slog.LevelWarn + 1}, "*[System[(Level=1 or Level=2 or Level=3)]]"},
		{"after", reading.Filter{After: "My/Log/4711"}, "*[System[EventRecordID > 4711]]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list, err := queryListOf(tt.filter, tt.filter.IDs)
			require.NoError(t, err)
			assert.Equal(t, []querySelect{{"Application", tt.want}}, list.Query[0].Selects)
		})
	}
}

// TestManyServices checks that no expression is longer than the log accepts, and that together they
// cover every service and ID.
func TestManyServices(t *testing.T) {
	var f reading.Filter
	for i := range 50 {
		f.Sources = append(f.Sources, fmt.Sprintf("service-%d", i))
		f.IDs = append(f.IDs, uint16(2000+10*i), uint16(5000+10*i), uint16(5001+10*i), uint16(5002+10*i))
	}
	f.MinLevel, f.Since = slog.LevelWarn, time.Now()
	view, err := CustomView("all", f)
	require.NoError(t, err)
	all := selects(t, view)
	assert.Len(t, all, 7*24)
	seen := map[string]int{}
	for _, path := range all {
		comparisons := len(regexp.MustCompile(`[<>]=?|=`).FindAllString(path, -1))
		assert.LessOrEqual(t, comparisons, 20, path)
		for _, term := range regexp.MustCompile(`@Name='[^']+'|EventID=\d+|EventID >= \d+ and EventID <= \d+`).FindAllString(path, -1) {
			seen[term]++
		}
	}
	assert.Len(t, seen, 150)
}

func TestViewErrors(t *testing.T) {
	_, err := CustomView("", reading.Filter{})
	assert.ErrorContains(t, err, "needs a name")
	_, err = CustomView("v", reading.Filter{Sources: []string{`a'b"c`}})
	assert.ErrorContains(t, err, "both kinds of quotes")
	for _, bad := range []string{"x", "Application/", "Application/x", "s=abc;i=1"} {
		_, err = queryListOf(reading.Filter{After: bad}, nil)
		assert.ErrorContains(t, err, "not a bookmark", bad)
	}
	_, err = CustomView("v", reading.Filter{After: "s=abc;i=1"})
	assert.NoError(t, err, "a view has no bookmark")
}

func FuzzCustomView(f *testing.F) {
	f.Add("view", "orders", "Application")
	f.Add("<&>\x00\"'", "a'b", "My/Log")
	f.Fuzz(func(t *testing.T, name, source, log string) {
		view, err := CustomView(name, reading.Filter{Sources: []string{source}, Log: log})
		if err != nil {
			return
		}
		assert.Len(t, selects(t, view), 1)
	})
}
