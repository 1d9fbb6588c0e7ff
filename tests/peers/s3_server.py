"""An object store that speaks S3, for tests: moto keeps the objects, and botocore says whether a request may pass.

moto looks at no signature of its own accord. Here every request must be signed, in its header or in its URL, for the region, at about
this time, with the digest of what it brings; and a signed URL expires. What is not so is refused as Amazon refuses it, and so is what
belongs to an upload that moto does not know.

The first line of output tells the port; each of the others a request that was answered. It lives until its standard input ends, where
a line moves its clock: `{"clock": seconds}`; `{"forget": true}` throws away the uploads that are not complete.
"""

import argparse
import datetime
import hashlib
import hmac
import io
import ipaddress
import json
import logging
import ssl
import sys
import threading
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

ALGORITHM = "AWS4-HMAC-SHA256"
MAX_SKEW = datetime.timedelta(minutes=15)


class Refused(Exception):
    """No, with a status and a code of S3."""

    def __init__(self, status, code):
        super().__init__(code)
        self.status = status
        self.code = code


class Door:
    """Lets in what is signed, and tells what happened."""

    def __init__(self, app, bucket, options):
        self._app = app
        self._bucket = bucket
        self._credentials = Credentials(options.key_id, options.secret)
        self._region = options.region
        self._lead = datetime.timedelta()
        self._print = threading.Lock()

    def move_clock(self, seconds):
        self._lead = datetime.timedelta(seconds=seconds)

    def __call__(self, environ, start_response):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        if len(body) < length:
            # Whoever sent it has gone.
            self._tell(environ, 0, len(body))
            start_response("400 IncompleteBody", [("Content-Length", "0")])
            return [b""]
        try:
            self._check(environ, body)
        except Refused as refused:
            return self._refuse(environ, start_response, refused, length)
        environ["wsgi.input"] = io.BytesIO(body)

        def tell_and_start(status, headers, *rest):
            self._tell(environ, int(status.split()[0]), length)
            return start_response(status, headers, *rest)

        return self._app(environ, tell_and_start)

    def _check(self, environ, body):
        method, uri = environ["REQUEST_METHOD"], environ["RAW_URI"]
        url = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}{uri}"
        query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        header = environ.get("HTTP_AUTHORIZATION", "")
        if header.startswith(ALGORITHM + " "):
            parts = header.removeprefix(ALGORITHM).split(",")
            claims = dict(part.strip().split("=", 1) for part in parts)
            self._check_scope(claims["Credential"])
            stamp = environ["HTTP_X_AMZ_DATE"]
            if abs(self._now() - parsed(stamp)) > MAX_SKEW:
                raise Refused(403, "RequestTimeTooSkewed")
            digest = environ["HTTP_X_AMZ_CONTENT_SHA256"]
            if digest != hashlib.sha256(body).hexdigest():
                raise Refused(400, "XAmzContentSHA256Mismatch")
            names = claims["SignedHeaders"]
            auth, claimed = S3SigV4Auth, claims["Signature"]
        elif query.get("X-Amz-Algorithm") == ALGORITHM:
            self._check_scope(query["X-Amz-Credential"])
            stamp = query["X-Amz-Date"]
            good_for = datetime.timedelta(seconds=int(query["X-Amz-Expires"]))
            if self._now() > parsed(stamp) + good_for:
                raise Refused(403, "AccessDenied")
            names = query["X-Amz-SignedHeaders"]
            auth, claimed = S3SigV4QueryAuth, query.pop("X-Amz-Signature")
            signed = urlencode(query, quote_via=quote, safe="-_.~")
            url = f"{url.split('?')[0]}?{signed}"
        else:
            raise Refused(403, "AccessDenied")
        headers = {name: value_of(environ, name) for name in names.split(";")}
        request = AWSRequest(method=method, url=url, headers=headers, data=body)
        request.context["timestamp"] = stamp
        signer = auth(self._credentials, "s3", self._region)
        to_sign = signer.string_to_sign(request, signer.canonical_request(request))
        if not hmac.compare_digest(signer.signature(to_sign, request), claimed):
            raise Refused(403, "SignatureDoesNotMatch")
        if query.get("uploadId", "") not in ("", *self._bucket.multiparts):
            raise Refused(404, "NoSuchUpload")

    def _check_scope(self, credential):
        key_id, _date, region, service, _end = credential.split("/")
        if key_id != self._credentials.access_key:
            raise Refused(403, "InvalidAccessKeyId")
        if region != self._region or service != "s3":
            raise Refused(400, "AuthorizationHeaderMalformed")

    def _now(self):
        return datetime.datetime.now(datetime.timezone.utc) + self._lead

    def _refuse(self, environ, start_response, refused, length):
        self._tell(environ, refused.status, length)
        body = (
            f"<?xml version='1.0'?><Error><Code>{refused.code}</Code>"
            f"<Resource>{environ['PATH_INFO']}</Resource></Error>"
        ).encode()
        if environ["REQUEST_METHOD"] == "HEAD":
            body = b""
        headers = [
            ("Content-Type", "application/xml"),
            ("Content-Length", str(len(body))),
        ]
        start_response(f"{refused.status} {refused.code}", headers)
        return [body]

    def _tell(self, environ, status, length):
        query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        with self._print:
            tell(
                {
                    "method": environ["REQUEST_METHOD"],
                    "path": environ["PATH_INFO"],
                    "part": int(query["partNumber"]) if "partNumber" in query else None,
                    "query": sorted(query),
                    "status": status,
                    "length": length,
                }
            )


def value_of(environ, name):
    """A header as it came."""
    key = name.upper().replace("-", "_")
    return environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"]


def parsed(stamp):
    naive = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ")
    return naive.replace(tzinfo=datetime.timezone.utc)


def tell(message):
    print(json.dumps(message), flush=True)


def certificate(path):
    """A new one for this machine, kept at the path, and a context that shows it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "s3 of a test")])
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .sign(key, hashes.SHA256())
    )
    with open(path, "wb") as file:
        file.write(made.public_bytes(serialization.Encoding.PEM))
    with open(path + ".key", "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, path + ".key")
    return context


class Handler(WSGIRequestHandler):
    """Connections live on, and nothing is logged: standard output tells it."""

    protocol_version = "HTTP/1.1"

    def log(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--key-id", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", metavar="FILE", help="speak TLS; the certificate is written there")
    options = parser.parse_args()
    logging.disable(logging.WARNING)

    store = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    bucket = store.create_bucket(options.bucket, options.region)
    door = Door(create_backend_app("s3"), bucket, options)
    context = certificate(options.tls) if options.tls else None
    server = make_server(
        "127.0.0.1",
        options.port,
        door,
        threaded=True,
        request_handler=Handler,
        ssl_context=context,
    )
    tell({"port": server.port})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for line in sys.stdin:
        command = json.loads(line)
        if "clock" in command:
            door.move_clock(command["clock"])
        if "forget" in command:
            bucket.multiparts.clear()
        tell({"objects": sorted(bucket.keys), "uploads": len(bucket.multiparts)})


if __name__ == "__main__":
    main()
