import Coding

/// What kind of training a run is, by the commands that begin one.
package enum RunKind: String, Sendable, CaseIterable {
    case annealing = "anneal or pretrain"
    case reinforcement = "reinforce"

    /// The kind of the run whose state this JSON is. No state names it: an annealing's has a place in the corpus, a reinforcement's has none.
    /// nil where it is neither.
    init?(ofState json: String) {
        guard let fields = try? StateCoding.state.value(StateFields.self, from: json.utf8), fields.options != nil else {
            return nil
        }
        self = fields.cursor == nil ? .reinforcement : .annealing
    }
}

/// Members by which states differ, whatever they hold.
private struct StateFields: Decodable {
    struct Anything: Decodable {
        init(from decoder: any Decoder) {}
    }

    let cursor: Anything?
    let options: Anything?
}
