package bunq

import (
	"context"
	"slices"
	"time"
)

// DeviceServer is a registered device. IP is the address that registered it; bunq never
// shows the key and the permitted addresses. Status: ACTIVE, BLOCKED,
// NEEDS_CONFIRMATION or OBSOLETE (DOCUMENTED, https://doc.bunq.com/devices). Created is UTC.
type DeviceServer struct {
	ID          int64     `json:"id"`
	Created     time.Time `json:"-"`
	Description string    `json:"description"`
	IP          string    `json:"ip"`
	Status      string    `json:"status"`
}

// IsDeviceTaken reports whether bunq refused to register a device because the installation has one
// (OBSERVED in four clients, whatever key and description are sent).
func IsDeviceTaken(err error) bool {
	e, ok := asOwn[*APIError](err)
	return ok && isBodyRefused(err) && e.begins(textDeviceTaken)
}

const textDeviceTaken = "A device already exists"

type wireDeviceServer struct {
	DeviceServer
	Created timestamp `json:"created"`
}

const typeDeviceServer = "DeviceServer"

func (w wireDeviceServer) device() (DeviceServer, error) {
	w.DeviceServer.Created = w.Created.Time
	return w.DeviceServer, checkID(typeDeviceServer, w.ID)
}

// DeviceServer reads one device.
func (u *UserClient) DeviceServer(ctx context.Context, id int64) (*DeviceServer, error) {
	return readObject(ctx, u, routeDeviceServer(id), typeDeviceServer, wireDeviceServer.device, shallow)
}

// DeviceServers reads all devices, newest first.
func (u *UserClient) DeviceServers(ctx context.Context) ([]DeviceServer, error) {
	return readShared(ctx, u, routeDeviceServers(), true, func(elements []element) ([]DeviceServer, error) {
		return convert(elements, typeDeviceServer, wireDeviceServer.device)
	}, slices.Clone)
}
