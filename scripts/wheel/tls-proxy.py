"""A TLS front for a server on this machine, until it is killed: what stands before a remit-server in earnest, as small as can be.

usage: python tls-proxy.py CERTIFICATE KEY PORT PORT-FILE      CERTIFICATE and KEY are PEM, PORT is the server's;
                                                               the front's own port is written to PORT-FILE
"""
import os
import socket
import ssl
import sys
import threading


def pump(source, target):
    try:
        while block := source.recv(65536):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        target.close()


def serve(client, context, port):
    try:
        client = context.wrap_socket(client, server_side=True)
        server = socket.create_connection(("127.0.0.1", port))
    except OSError:
        client.close()  # one who does not trust us goes away in the middle of the handshake
        return
    threading.Thread(target=pump, args=(client, server), daemon=True).start()
    pump(server, client)


def main(certificate, key, port, port_file):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))
    with open(port_file + ".new", "w") as file:
        file.write(str(listener.getsockname()[1]))
    os.rename(port_file + ".new", port_file)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0], context, int(port)), daemon=True).start()


main(*sys.argv[1:])
