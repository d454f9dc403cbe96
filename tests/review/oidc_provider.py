"""A small OpenID Connect provider: discovery, authorize, token, keys. `python oidc_provider.py` prints its address.

It lets in whoever is named by `user` in the address of its authorize page, with the roles in `roles`; `fault` makes it
lie in one way: key (signed by another key), aud, iss, nonce, expired, unsigned, none (no ID token at all).
"""

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "ban-tham-dinh", "a-secret-of-the-desk"
KEY, OTHER_KEY = (RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}) for _ in range(2))


class Provider(BaseHTTPRequestHandler):
    codes: dict[str, dict[str, str]]
    issuer: str

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path == "/.well-known/openid-configuration":
            self._answer(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/keys",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
            )
        elif address.path == "/keys":
            self._answer({"keys": [KEY.as_dict(private=False)]})
        elif address.path == "/authorize" and asked["client_id"] == CLIENT and asked["response_type"] == "code":
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            self.send_response(302)
            back = urlencode({"code": code, "state": asked["state"]})
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        else:
            self._answer({"error": "invalid_request"}, 400)

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        given = {name: values[0] for name, values in sent.items()}
        asked = self.codes.pop(given.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        right = (
            self.path == "/token"
            and self.headers["Authorization"] == f"Basic {known}"
            and asked is not None
            and given["redirect_uri"] == asked["redirect_uri"]
            and asked["code_challenge_method"] == "S256"
            and challenge.decode().rstrip("=") == asked["code_challenge"]
        )
        if not right or asked is None:
            self._answer({"error": "invalid_grant"}, 400)
            return
        answer: dict[str, Any] = {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "expires_in": 60}
        if asked.get("fault") != "none":
            answer["id_token"] = self._id_token(asked)
        self._answer(answer)

    def _id_token(self, asked: dict[str, str]) -> str:
        fault, now = asked.get("fault", ""), int(time.time())
        claims = {
            "iss": "http://127.0.0.1:1" if fault == "iss" else self.issuer,
            "aud": "another-client" if fault == "aud" else CLIENT,
            "sub": hashlib.sha256(asked["user"].encode()).hexdigest(),
            "preferred_username": asked["user"],
            "groups": asked.get("roles", "").split(","),
            "nonce": "another" if fault == "nonce" else asked["nonce"],
            "iat": now - 7200,
            "exp": now - 3600 if fault == "expired" else now + 60,
        }
        if fault == "unsigned":
            head, body = (
                base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
                for part in ({"alg": "none"}, claims)
            )
            return f"{head}.{body}."
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, OTHER_KEY if fault == "key" else KEY)

    def _answer(self, content: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    Provider.codes, Provider.issuer = {}, f"http://127.0.0.1:{server.server_port}"
    print(Provider.issuer, flush=True)
    server.serve_forever()
