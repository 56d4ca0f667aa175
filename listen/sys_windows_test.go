package listen

var systemHelpers = map[string]func([]string) int{}
