/// Reasons why a call has no answer, however often it was repeated.
package enum CallError: Error, Sendable {
    /// What a server said for good, in the words of whoever judges replies: trying again does not help.
    case refused(any Error)
    /// A reply above `HTTPClientConfiguration.maxReplyBytes`.
    case replyTooLarge(server: String, limitBytes: Int)
    /// A transfer that waiting does not mend: a certificate that does not verify, a file that is missing.
    case cannotConnect(server: String, reason: String)
    /// The deadline passed, or servers failed too often. `lastReason` is of the last failure.
    case gaveUp(server: String, attempts: Int, lastReason: String)
    /// No server answered for as long as the call was to be patient.
    case noServer(waited: Duration, lastReason: String)
    /// The call's `StopFlag` was set.
    case cancelled
}
