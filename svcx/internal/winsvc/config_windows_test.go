package winsvc

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/surefoot-go/surefoot/internal/wincall"
)

func TestActionsOf(t *testing.T) {
	assert.Empty(t, actionsOf(&wincall.SERVICE_FAILURE_ACTIONS{ActionsCount: 3}), "a blob that is cut off")
	list := []wincall.SC_ACTION{{Type: actionRestart, Delay: 1000}, {Type: 4}}
	assert.Equal(t, []action{{actionRestart, 1000}, {4, 0}}, actionsOf(&wincall.SERVICE_FAILURE_ACTIONS{ActionsCount: 2, Actions: &list[0]}))
}
