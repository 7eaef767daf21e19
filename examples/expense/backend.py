"""A backend small enough for an example: its health, its version, and the address of its database."""

import http.server
import json

with open("/etc/expense/backend.json", encoding="utf-8") as file:
    SETTINGS = json.load(file)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        answers = {"/health": {"status": "ok"}, "/": SETTINGS}
        answer = answers.get(self.path)
        body = json.dumps(answer or {"error": "there is no such page"}).encode() + b"\n"
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
