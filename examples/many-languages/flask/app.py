"""A WSGI application for uWSGI: a page, an upload, a redirect, a session, and a stream."""

import hashlib

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
    return Response((f"piece {number}\n" for number in range(3)), mimetype="text/plain")
