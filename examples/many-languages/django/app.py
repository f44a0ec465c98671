"""A Django application in one file for uWSGI: a page, a form with its CSRF token, a session, a redirect, a stream, an upload."""

import hashlib
import os
import socket

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template import engines
from django.urls import path, reverse
from django.views.decorators.csrf import csrf_exempt

settings.configure(
    SECRET_KEY="only for this example, and the same in every process",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
)


def text(body, **more):
    return HttpResponse(body, content_type="text/plain; charset=utf-8", **more)


def index(request):
    visits = request.session["visits"] = request.session.get("visits", 0) + 1
    return text(f"django: visit {visits} at {request.build_absolute_uri()}\n")


def form(request):
    if request.method == "POST":
        request.session["dish"] = request.POST["dish"]
        return redirect(reverse("saved"))
    page = '<form method="post">{% csrf_token %}<input name="dish"></form>'
    return HttpResponse(engines["django"].from_string(page).render(request=request))


def saved(request):
    return text(f"saved: {request.session.get('dish')}\n")


def stream(request):
    return StreamingHttpResponse(pieces(), content_type="text/plain")


def pieces():
    """Each piece leaves when it is made; where GATE is set, the next one is made when whoever listens there has hung up."""
    for number in range(3):
        yield f"piece {number}\n"
        if number < 2 and "GATE" in os.environ:
            host, port = os.environ["GATE"].split(":")
            with socket.create_connection((host, int(port))) as gate:
                gate.recv(1)


@csrf_exempt
def upload(request):
    file = request.FILES["file"]
    data = file.read()
    return text(f"{file.name}: {len(data)} {hashlib.sha256(data).hexdigest()}\n")


urlpatterns = [
    path("", index),
    path("form", form),
    path("saved", saved, name="saved"),
    path("stream", stream),
    path("upload", upload),
]

application = get_wsgi_application()
