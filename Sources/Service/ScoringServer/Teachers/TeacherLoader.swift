import JSONValues
import ScoringAPI

/// Why a checkpoint did not become a teacher.
package enum TeacherLoadError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The path leads out of the directory that teachers may be loaded from.
    case outside(path: String)
    /// The checkpoint is missing, damaged, or not of a kind that can be served.
    case unusable(path: String, reason: String)
    /// Bytes: what the model needs, what is in use, and what all together may take.
    case tooLarge(needed: Int, inUse: Int, limit: Int)

    package var description: String {
        switch self {
        case .outside(let path):
            "\(Self.shown(path)) is not under the directory that teachers may be loaded from"
        case .unusable(let path, let reason): "\(Self.shown(path)) cannot be served: \(Self.shown(reason))"
        case .tooLarge(let needed, let inUse, let limit):
            "the model needs \(needed) bytes, \(inUse) are in use, the limit is \(limit)"
        }
    }

    /// What a client wrote may be as long as a body; no path that leads anywhere is longer than this.
    private static func shown(_ text: String) -> String { text.shortened(toBytes: 4096) }
}

/// Makes teachers of checkpoints while the service runs. Blocks until the model is ready to score; called on the thread of
/// the connection that asked for it, for one teacher at a time.
package protocol TeacherLoader: Sendable {
    /// The teacher read from the checkpoint at `path`, under the name that requests will use, with the base if the two go together.
    func load(name: String, path: String) throws(TeacherLoadError) -> LoadedModels

    /// A teacher that an engine elsewhere computes; the directory at `path` gives its tokenizer and configuration.
    func load(name: String, path: String, engine: EngineRequest) throws(TeacherLoadError) -> LoadedModels
}

extension TeacherLoader {
    /// Refuses: whoever makes no use of engines elsewhere has none.
    package func load(name: String, path: String, engine: EngineRequest) throws(TeacherLoadError) -> LoadedModels {
        throw .unusable(path: path, reason: "this server uses no engines elsewhere")
    }
}

/// Who may change the teachers of a service, and how.
package struct TeacherAdministration: Sendable {
    /// Makes teachers of checkpoints; nil: the service keeps the teachers that it was started with.
    package var loader: (any TeacherLoader)?
    /// Whether anybody may change the teachers where no keys are asked for.
    package var isOpen: Bool

    /// By default nobody can change the teachers: there is no loader.
    package init(loader: (any TeacherLoader)? = nil, isOpen: Bool = false) {
        self.loader = loader
        self.isOpen = isOpen
    }
}
