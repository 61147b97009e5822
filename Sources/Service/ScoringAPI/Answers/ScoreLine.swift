import TokenWeights

/// One line of a streamed answer (`application/x-ndjson`). Lines come as inputs finish, in any order; each stands on its own.
package enum ScoreLine: Equatable, Sendable {
    /// The answer to one input. `index` counts the request's inputs from 0.
    case result(
        index: Int, identity: ModelIdentity, choice: Weighting?, tempered: TemperedChoice, ScoreResult)
    /// What ended the answer early: the last line, after which the body does not end as HTTP says it should.
    case failure(Problem)
}
