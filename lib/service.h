/*
 * Telling the service manager (sd_notify(3)'s datagram protocol on $NOTIFY_SOCKET), without linking to it.
 */
#ifndef POSTERN_LIB_SERVICE_H
#define POSTERN_LIB_SERVICE_H

/* Sends `state` ("READY=1", "STOPPING=1", "RELOADING=1\nMONOTONIC_USEC=…"). Nothing happens when $NOTIFY_SOCKET is
 * unset. */
void service_notify(const char *state);

#endif
