import Bytes
import HTTPSockets

/// The caller's place in a distributed trace (W3C Trace Context), and ours below it.
///
/// Source: https://www.w3.org/TR/trace-context/, section 3.2. We keep no spans: the ids stand in the log, and the answer says
/// under which of them.
package struct TraceContext: Sendable, Equatable {
    /// 32 lower-case hexadecimal digits, not all 0.
    package let traceID: String
    /// The caller's span: 16 lower-case hexadecimal digits, not all 0.
    package let parentID: String
    /// The span of this request, made at random: 16 lower-case hexadecimal digits, not all 0.
    package let spanID: String
    /// The caller's trace flags (sampled or not), two hexadecimal digits, handed back as they came.
    package let flags: String

    /// The context in the `traceparent` field. Nil where there is none, more than one, or one that the standard calls invalid: it is
    /// then to be ignored.
    package init?(_ fields: HTTPFields) {
        let presented = fields.values("traceparent")
        guard presented.count == 1, let context = Self(traceparent: presented[0]) else { return nil }
        self = context
    }

    init?(traceparent: String) {
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 4, HexDigit.areLowerCase(parts[0], count: 2), HexDigit.areLowerCase(parts[1], count: 32),
            HexDigit.areLowerCase(parts[2], count: 16),
            HexDigit.areLowerCase(parts[3], count: 2), parts[0] != "ff", parts[0] != "00" || parts.count == 4
        else { return nil }
        guard parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" }) else { return nil }
        (traceID, parentID, flags) = (parts[1], parts[2], parts[3])
        spanID = Self.hex(.random(in: 1...UInt64.max))
    }

    /// The field for the answer: the trace, and our span in it.
    package var traceparent: String { "00-\(traceID)-\(spanID)-\(flags)" }

    static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
