import HTTPClient

/// How a run is joined to its servers.
package struct TeacherLinkOptions: Sendable {
    /// What the run does while no server answers.
    package var onOutage: OutagePolicy
    /// How long no server answers until it is an outage; not read where `onOutage` is `wait`.
    package var outageAfter: Duration
    /// Whether answers with other scores fingerprints than the first one's are taken.
    package var allowMixedScores: Bool

    /// How long each of several servers may take for its /info: 30 s, and no longer than until an outage.
    package var infoTimeout: Duration {
        let most = Duration.seconds(30)
        return onOutage == .wait ? most : min(most, max(outageAfter, RetryingCaller.probeTime))
    }

    package init(
        onOutage: OutagePolicy = .wait, outageAfter: Duration = .seconds(300), allowMixedScores: Bool = false
    ) {
        self.onOutage = onOutage
        self.outageAfter = outageAfter
        self.allowMixedScores = allowMixedScores
    }
}
