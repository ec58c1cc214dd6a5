"""A mail server (aiosmtpd, Debian's python3-aiosmtpd) that prints what it takes as JSON lines.

    /usr/bin/python3 mail_server.py PORT CERTIFICATE KEY none|starttls|tls

One user, "balancer" with the password "sesame"; with none it speaks no TLS at all, and needs no login.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        print(json.dumps({
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "subject": message["Subject"],
            "id": message["Message-ID"], "text": message.get_content(), "encrypted": session.ssl is not None,
        }), flush=True)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"balancer", b"sesame"), handled=False)


async def serve(port, certificate, key, security):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def protocol():
        login = {"authenticator": authenticate, "auth_required": True} if security != "none" else {}
        return SMTP(Handler(), tls_context=context if security == "starttls" else None,
                    require_starttls=security == "starttls", auth_require_tls=security == "starttls", **login)

    server = await asyncio.get_running_loop().create_server(
        protocol, "127.0.0.1", port, ssl=context if security == "tls" else None)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), *sys.argv[2:5]))
