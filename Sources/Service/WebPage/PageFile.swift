import Digests

/// One file of the page, as the binary carries it.
package struct PageFile: Sendable {
    /// The last part of its path: `/page/main.js`.
    package let name: String
    /// Its Content-Type, parameters included.
    package let contentType: String
    /// What is sent.
    package let bytes: [UInt8]
    /// The SHA-256 of the bytes between quotation marks: another build's file has another.
    package let entityTag: String

    init(_ name: String, _ bytes: [UInt8]) {
        let types = [
            "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
            "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
        ]
        guard let type = name.split(separator: ".").last.flatMap({ types[String($0)] }) else {
            preconditionFailure("\(name) has no known type")
        }
        self.name = name
        self.bytes = bytes
        contentType = type
        entityTag = "\"\(SHA256Hasher.digest(bytes).hex)\""
    }
}
