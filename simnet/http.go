package simnet
import ("bt/transport";"net/http")
type fetcher struct{ host *Host }
func (f fetcher) Fetch(r transport.FetchRequest, done func(transport.FetchResponse, error)) (cancel func()) { return nil }
func (h *Host) ServeHTTP(port uint16, handler http.Handler) {}
