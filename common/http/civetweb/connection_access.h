/* What the server needs of a CivetWeb connection beyond its public interface: the socket, and one bounded
 * read or write. CivetWeb's own mg_read() and mg_write() go on for as long as the peer sends or takes a byte
 * now and then, and its chunked reader overflows on hostile sizes; with these, every wait has our deadline.
 * Implemented in external_log_access.inl, inside CivetWeb's own source file. One worker thread per
 * connection. Tested by tests/common/http_server_test.cpp. */
#ifndef PCB_HTTP_CONNECTION_ACCESS_H
#define PCB_HTTP_CONNECTION_ACCESS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mg_connection;

int pcb_connection_socket(const struct mg_connection* conn);
const char* pcb_connection_remote_address(const struct mg_connection* conn);

/* Bytes behind the request's head, as they come: the number read, 0 after `timeout_seconds` without any, -1
 * at the end of the stream, on an error and when the server stops. */
int pcb_connection_read(struct mg_connection* conn, char* buffer, size_t size, double timeout_seconds);

/* The number written, 0 after `timeout_seconds` without progress (call again with the same bytes), -1 on an
 * error and when the server stops. */
int pcb_connection_write(struct mg_connection* conn, const char* bytes, size_t size, double timeout_seconds);

#ifdef __cplusplus
}
#endif

#endif
