/* Included by CivetWeb's source where it would write an access log. We keep none: the server logs what matters.
 * The same place gives connection_access.h its view of a connection. */
#include "connection_access.h"

static void
log_access(const struct mg_connection *conn)
{
	(void)conn;
}

int
pcb_connection_socket(const struct mg_connection *conn)
{
	return conn->client.sock;
}

#if defined(__SANITIZE_THREAD__)
/* CivetWeb's atomic stop flag is written by compare-and-swap whose expected value is read plainly; the loop around it
 * makes that harmless. Everything else of CivetWeb is checked. */
const char *
__tsan_default_suppressions(void)
{
	return "race:STOP_FLAG_ASSIGN\n";
}
#endif

const char *
pcb_connection_remote_address(const struct mg_connection *conn)
{
	return conn->request_info.remote_addr;
}

int
pcb_connection_read(struct mg_connection *conn, char *buffer, size_t size, double timeout_seconds)
{
	/* What came together with the head lies behind it in the connection's buffer. */
	const int64_t buffered = (int64_t)conn->data_len - conn->request_len - conn->consumed_content;
	int n;
	if (size > 65536) {
		size = 65536;
	}
	if (buffered > 0) {
		const size_t taken = (size_t)buffered < size ? (size_t)buffered : size;
		memcpy(buffer, conn->buf + conn->request_len + conn->consumed_content, taken);
		conn->consumed_content += (int64_t)taken;
		return (int)taken;
	}
	n = pull_inner(NULL, conn, buffer, (int)size, timeout_seconds);
	if (n > 0) {
		conn->consumed_content += n;
	}
	return n > 0 ? n : (n == -2 ? -1 : 0);
}

int
pcb_connection_write(struct mg_connection *conn, const char *bytes, size_t size, double timeout_seconds)
{
	int n;
	if (size == 0) {
		return 0;
	}
	/* One TLS record at most, so that a retry after a timeout repeats exactly the same record. */
	if (size > 16384) {
		size = 16384;
	}
	conn->request_state = 10; /* as mg_write does: data were sent */
	n = push_inner(conn->phys_ctx, NULL, conn->client.sock, conn->ssl, bytes, (int)size, timeout_seconds);
	if (n > 0) {
		conn->num_bytes_sent += n;
	}
	return n == -1 ? 0 : (n > 0 ? n : -1);
}
