/// The name of one request in the answer, the log and error reports.
package struct RequestID: Sendable, CustomStringConvertible {
    static let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-".utf8)
    static let maxBytes = 64

    /// 1 to 64 letters, digits, dots, dashes or underscores: safe in a header and in a log line.
    package let description: String

    /// Takes the client's own name where it is sane, else makes a new one of 16 hexadecimal digits: whatever is logged holds no line
    /// break and no kilobyte.
    package init(presented: String?) {
        if let presented, (1...Self.maxBytes).contains(presented.utf8.count),
            presented.utf8.allSatisfy({ Self.allowed.contains($0) })
        {
            description = presented
        } else {
            description = TraceContext.hex(.random(in: 0...UInt64.max))
        }
    }
}
