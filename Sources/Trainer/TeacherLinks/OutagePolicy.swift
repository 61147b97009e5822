/// What a run does while no server answers.
package enum OutagePolicy: String, CaseIterable, Sendable {
    /// Waits for ever.
    case wait
    /// Saves and stops.
    case abort
    /// Trains on with the plain next-token loss until a server answers again.
    case ntp
}
