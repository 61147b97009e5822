/// The name of one request in the answer, the log and error reports.
package struct RequestID: Sendable, CustomStringConvertible {
    static let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-".utf8)
    static let maxBytes = 64

    package let description: String

    /// The client's own where it is sane, else a new one: whatever is logged holds no line break and no kilobyte.
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
