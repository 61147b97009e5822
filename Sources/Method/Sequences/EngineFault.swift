/// Why an engine that computes elsewhere gave no scores. Who asked is told: the fault lies neither with the request nor with this
/// program.
package enum EngineFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// No server of the engine answers now; it may be worth asking again after `retryAfter`.
    case unreachable(engine: String, reason: String, retryAfter: Duration)
    /// Another model answers, or the same one otherwise, than the one whose scores are kept.
    case changed(engine: String, reason: String)
    /// An answer that cannot be right.
    case wrongAnswer(engine: String, reason: String)
    /// A wish that the engine cannot fulfil, and will not another time.
    case unable(engine: String, reason: String)

    package var description: String {
        switch self {
        case .unreachable(let engine, let reason, _): "\(engine) cannot be reached: \(reason)"
        case .changed(let engine, let reason): "\(engine) has changed: \(reason)"
        case .wrongAnswer(let engine, let reason): "\(engine) gave an answer that cannot be right: \(reason)"
        case .unable(let engine, let reason): "\(engine) cannot give that: \(reason)"
        }
    }
}
