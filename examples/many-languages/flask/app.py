"""A WSGI application for uWSGI: a page, an upload, a redirect, a session, and a stream."""

import hashlib
import os
import socket

from flask import Flask, Response, redirect, request, session, url_for

application = Flask(__name__)
application.secret_key = "only for this example"


@application.get("/")
def index():
    session["visits"] = session.get("visits", 0) + 1
    return f"flask: visit {session['visits']} below {request.script_root}\n"


@application.post("/upload")
def upload():
    data = request.get_data()
    return f"{len(data)} {hashlib.sha256(data).hexdigest()}\n"


@application.get("/elsewhere")
def elsewhere():
    return redirect(url_for("index"))


@application.get("/stream")
def stream():
    return Response(pieces(), mimetype="text/plain")


def pieces():
    """Each piece leaves when it is made; where GATE is set, the next one is made when whoever listens there has hung up."""
    for number in range(3):
        yield f"piece {number}\n"
        if number < 2 and "GATE" in os.environ:
            host, port = os.environ["GATE"].split(":")
            with socket.create_connection((host, int(port))) as gate:
                gate.recv(1)
