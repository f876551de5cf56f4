package shrink

import (
	"reflect"

	"bt/scenarios"
)

// field says what becomes of a field of a scenario, and what it counts for.
type field struct {
	how    how
	by     string // the pass that sees to it, or why it stays as it is
	fault  int    // that it makes, when it is not zero
	chance int    // the same
	free   bool   // it costs nothing
}

// how says in which way a field becomes simpler.
type how int

const (
	elsewhere how = iota // a pass of its own sees to it, because of what depends on it
	kept                 // it stays as it is
	inner                // as its parts do
	off                  // it is left out
	smaller              // it is left out, or gets a rounder and smaller number
	fewer                // elements of a list are left out
	someOf               // of a list of pieces such as 0-9,12 some are left out
)

// fields has every field of every type that a scenario is made of. A test sees to it
// that none is forgotten: whoever adds one decides here how it becomes simpler.
//
// What counts as a fault, and as a chance, is what somebody who reads the result has to
// understand first; the rest is detail. Free is what has no meaning for a run, or is
// weighed as a whole, as torrentWeight does.
var fields = map[string]field{
	"Scenario.Name":        {how: kept, by: "whoever saves the file names it", free: true},
	"Scenario.About":       {how: kept, by: "it is for people", free: true},
	"Scenario.Seed":        {how: smaller},
	"Scenario.Until":       {how: elsewhere, by: "shorten", free: true},
	"Scenario.IPv6":        {how: off},
	"Scenario.Dual":        {how: off},
	"Scenario.Torrent":     {how: inner},
	"Scenario.Trackers":    {how: elsewhere, by: "dropTrackers"},
	"Scenario.Trackerless": {how: elsewhere, by: "dropTrackers"},
	"Scenario.Link":        {how: off},
	"Scenario.NATs":        {how: fewer},
	"Scenario.Actors":      {how: elsewhere, by: "dropHosts"},
	"Scenario.Actions":     {how: elsewhere, by: "dropActions"},
	"Scenario.Expect":      {how: fewer},

	"Torrent.Piece":   {how: elsewhere, by: "smallTorrent", free: true},
	"Torrent.Size":    {how: elsewhere, by: "smallTorrent", free: true},
	"Torrent.Files":   {how: elsewhere, by: "smallTorrent"},
	"Torrent.Private": {how: off},
	"File.Path":       {how: elsewhere, by: "rename", free: true},
	"File.Size":       {how: elsewhere, by: "smallTorrent", free: true},
	"File.Pad":        {how: off},

	"Tracker.Name":        {how: elsewhere, by: "rename", free: true},
	"Tracker.Tier":        {how: smaller},
	"Tracker.Interval":    {how: smaller},
	"Tracker.Down":        {how: off, fault: 1},
	"Tracker.MinInterval": {how: smaller},
	"Tracker.Latency":     {how: smaller},
	"Tracker.Manner":      {how: off, fault: 1},
	"Tracker.UDP":         {how: off},
	"Tracker.Host":        {how: off},
	"Tracker.TellIP":      {how: off},

	"Link.Up":        {how: smaller},
	"Link.Down":      {how: smaller},
	"Link.Latency":   {how: smaller},
	"Link.Jitter":    {how: smaller, chance: 1},
	"Link.Tail":      {how: off, chance: 1},
	"Link.Queue":     {how: smaller},
	"Link.Corrupt":   {how: smaller, fault: 1, chance: 1},
	"Link.Loss":      {how: smaller, fault: 1, chance: 1},
	"Link.Duplicate": {how: smaller, fault: 1, chance: 1},
	"Link.Reorder":   {how: smaller, fault: 1, chance: 1},
	"Link.MTU":       {how: smaller, fault: 1},
	"Link.Rates":     {how: fewer},
	"Link.MaxRead":   {how: smaller},
	"Link.MaxWrite":  {how: smaller},
	"RateStep.For":   {how: smaller},
	"RateStep.Up":    {how: smaller},
	"RateStep.Down":  {how: smaller},

	"NAT.Name":    {how: elsewhere, by: "rename", free: true},
	"NAT.Kind":    {how: kept, by: "none is simpler than another"},
	"NAT.Timeout": {how: smaller},

	"Actor.Name":        {how: elsewhere, by: "rename", free: true},
	"Actor.Kind":        {how: kept, by: "it is the role that the target names"},
	"Actor.Count":       {how: elsewhere, by: "dropHosts"},
	"Actor.Link":        {how: off},
	"Actor.Start":       {how: smaller},
	"Actor.Knows":       {how: fewer},
	"Actor.NAT":         {how: off},
	"Actor.Personality": {how: kept, by: "a hostile peer has one, and none is simpler than another"},
	"Actor.Has":         {how: someOf},
	"Actor.Priorities":  {how: off},
	"Actor.Slots":       {how: off},
	"Actor.Optimistic":  {how: off},
	"Actor.MaxPeers":    {how: smaller},
	"Actor.UpLimit":     {how: smaller},
	"Actor.DownLimit":   {how: smaller},
	"Actor.Disk":        {how: smaller},
	"Actor.Capacity":    {how: smaller, fault: 1},
	"Actor.DiskStep":    {how: smaller},
	"Actor.Resume":      {how: off},
	"Actor.SeedMode":    {how: off},
	"Actor.Damaged":     {how: someOf, fault: 1},
	"Actor.Handles":     {how: smaller, fault: 1},
	"Actor.NoFast":      {how: off},
	"Actor.Quota":       {how: smaller, fault: 1},
	"Actor.Filesystem":  {how: off},

	"Action.At":         {how: smaller},
	"Action.Do":         {how: kept, by: "actions are left out as a whole"},
	"Action.For":        {how: smaller},
	"Action.Who":        {how: fewer},
	"Action.With":       {how: fewer},
	"Action.Link":       {how: inner},
	"Action.Every":      {how: elsewhere, by: "decide"},
	"Action.Times":      {how: elsewhere, by: "decide"},
	"Action.OneWay":     {how: off},
	"Action.Incoming":   {how: off},
	"Action.Message":    {how: inner},
	"Action.Clock":      {how: inner},
	"Action.Name":       {how: inner},
	"Action.Priorities": {how: inner},
	"Action.Slots":      {how: inner},
	"Action.To":         {how: kept, by: "what is below /mnt is on another filesystem"},
	"Action.Limits":     {how: inner},
	"Action.Disk":       {how: off},

	"Name.For":       {how: fewer},
	"Name.Addrs":     {how: fewer},
	"Name.Late":      {how: smaller},
	"Name.Silent":    {how: off},
	"Incoming.How":   {how: kept, by: "none is simpler than another"},
	"Incoming.Limit": {how: smaller},
	"Message.Kind":   {how: elsewhere, by: "decide"},
	"Message.Nth":    {how: smaller},
	"Message.Late":   {how: smaller},
	"Message.Byte":   {how: smaller},
	"Message.Fate":   {how: kept, by: "none is simpler than another"},
	"Clock.Ahead":    {how: smaller},
	"Clock.Back":     {how: smaller},
	"Clock.Drift":    {how: smaller},
	"Disk.Kind":      {how: elsewhere, by: "decide"},
	"Disk.Errno":     {how: off},
	"Disk.Ops":       {how: fewer},
	"Disk.Path":      {how: off},
	"Disk.From":      {how: smaller},
	"Disk.To":        {how: smaller},
	"Disk.Size":      {how: smaller},
	"Disk.After":     {how: smaller},
	"Disk.Count":     {how: smaller},
	"Disk.Percent":   {how: elsewhere, by: "decide", chance: 1},
	"Disk.Delay":     {how: smaller},
	"Limits.Up":      {how: smaller},
	"Limits.Down":    {how: smaller},
	"Limits.Memory":  {how: smaller},

	"Expectation.Check":     {how: kept, by: asAWhole},
	"Expectation.Who":       {how: fewer},
	"Expectation.Of":        {how: fewer},
	"Expectation.After":     {how: kept, by: asAWhole},
	"Expectation.Within":    {how: kept, by: asAWhole},
	"Expectation.Time":      {how: kept, by: asAWhole},
	"Expectation.Slack":     {how: kept, by: asAWhole},
	"Expectation.Bytes":     {how: kept, by: asAWhole},
	"Expectation.Percent":   {how: kept, by: asAWhole},
	"Expectation.Count":     {how: kept, by: asAWhole},
	"Expectation.File":      {how: kept, by: asAWhole},
	"Expectation.Dir":       {how: kept, by: asAWhole},
	"Expectation.Reason":    {how: kept, by: asAWhole},
	"Expectation.Sometimes": {how: kept, by: asAWhole},
}

const asAWhole = "what a check reads belongs to it: expectations are left out, or replaced, as a whole"

// fieldsOf has them by type, in the order of the type.
var fieldsOf = byType(make(map[reflect.Type][]field), reflect.TypeFor[scenarios.Scenario]())

// byType adds a type, and those of its fields, to the fields of types.
func byType(types map[reflect.Type][]field, t reflect.Type) map[reflect.Type][]field {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || types[t] != nil {
		return types
	}
	list := make([]field, t.NumField())
	types[t] = list
	for i := range list {
		list[i] = fields[t.Name()+"."+t.Field(i).Name]
		byType(types, t.Field(i).Type)
	}
	return types
}
