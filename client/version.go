package client

// Version is that of the program and of the library.
const Version = "0.1.0"

// clientName is how peers get to know us (BEP 10).
const clientName = "bt/" + Version
