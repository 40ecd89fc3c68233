package providerdata

import (
	"context"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// Operation begins one create, read, update or delete of a resource: from here on
// its time (max_wait) runs, for all calls made with the returned context. The
// returned function ends it with one line in the log: how many calls were made
// to which endpoint, how long it waited, what it repeated.
func Operation(ctx context.Context, name string) (context.Context, func()) {
	ctx = bunq.WithStats(ctx)
	return ctx, func() {
		if fields := bunq.StatsFrom(ctx).Fields(); len(fields) > 0 {
			tflog.Info(ctx, name+": calls to bunq", fields)
		}
	}
}
