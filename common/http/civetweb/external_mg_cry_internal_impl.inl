/* Included by CivetWeb's source for its error messages: they go to the server's log callback and nowhere else. */
static void
mg_cry_internal_impl(const struct mg_connection *conn, const char *func, unsigned line, const char *fmt, va_list ap)
{
	char text[512];
	(void)func;
	(void)line;
	vsnprintf(text, sizeof(text), fmt, ap);
	text[sizeof(text) - 1] = 0;
	if (conn != NULL && conn->phys_ctx != NULL && conn->phys_ctx->callbacks.log_message != NULL) {
		conn->phys_ctx->callbacks.log_message(conn, text);
	}
}
