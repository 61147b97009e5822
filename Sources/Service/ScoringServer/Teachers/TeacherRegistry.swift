import Digests
import ScoringAPI

/// The teachers by name, in the order of their coming, and which of them is the default. Pure: the service puts a lock
/// around it. A request takes its teacher out once and keeps it: dropping one, or switching the default, changes nothing
/// for requests that are under way.
struct TeacherRegistry {
    enum State {
        case loading
        case ready(LoadedModels)
        case failed(reason: String)
    }

    private struct Entry {
        let name: String
        var state: State

        var models: LoadedModels? {
            if case .ready(let models) = state { models } else { nil }
        }
    }

    /// More names than anybody serves: those of failed loads stay listed until they are dropped.
    static let maxEntries = 64

    private var entries: [Entry]
    private var defaultName: String
    private let baseName: String?

    init(_ first: LoadedModels) {
        entries = [Entry(name: first.teacher.name, state: .ready(first))]
        defaultName = first.teacher.name
        baseName = first.base?.name
    }

    // MARK: Choosing

    /// Those that are ready, the default first.
    var ready: [LoadedModels] {
        let others = entries.filter { $0.name != defaultName }
        return (entries.filter { $0.name == defaultName } + others).compactMap(\.models)
    }

    var standard: LoadedModels {
        guard let models = ready.first else { preconditionFailure("the default teacher is always ready") }
        return models
    }

    var statuses: [TeacherStatus] {
        entries.map { entry in
            switch entry.state {
            case .loading: TeacherStatus(name: entry.name, state: .loading)
            case .ready: TeacherStatus(name: entry.name, state: .ready, isDefault: entry.name == defaultName)
            case .failed(let reason): TeacherStatus(name: entry.name, state: .failed, error: reason)
            }
        }
    }

    /// The teacher that a request means. One that is named is taken by its name. Without a name it is the default, but where
    /// the request pins the fingerprint of another teacher's parameters or scores: then it is that one, whatever the default.
    /// Throws where nobody fits.
    func models(for pins: ModelPins) throws(ServiceError) -> LoadedModels {
        let chosen = try choose(pins)
        try chosen.check(pins)
        return chosen
    }

    private func choose(_ pins: ModelPins) throws(ServiceError) -> LoadedModels {
        if let wanted = pins.model {
            if case .loading? = entries.first(where: { $0.name == wanted })?.state { throw .loading }
            let byName = ready.first { $0.teacher.name == wanted }
            guard let found = byName ?? ready.first(where: { $0.teacher.modelFingerprint.hex == wanted }) else {
                throw .unknownModel(got: wanted, known: ready.map(\.teacher.name))
            }
            return found
        }
        guard pins.modelFingerprint != nil || pins.scoresFingerprint != nil else { return standard }
        return ready.first { $0.satisfies(pins) } ?? standard
    }

    // MARK: Changing

    /// Reserves the name of a teacher that is about to be loaded. The name of one that failed is free.
    mutating func beginLoading(_ name: String) throws(ServiceError) {
        guard !entries.contains(where: { if case .loading = $0.state { true } else { false } }) else {
            throw .teacherConflict("another teacher is being loaded; one is loaded at a time")
        }
        if let index = entries.firstIndex(where: { $0.name == name }) {
            guard case .failed = entries[index].state else {
                throw .teacherConflict("there is a teacher \(name); drop it first, or give this one another name")
            }
            entries[index].state = .loading
            return
        }
        guard name != baseName else { throw .teacherConflict("\(name) is the name of the base") }
        guard entries.count < Self.maxEntries else {
            throw .teacherConflict("\(entries.count) teachers are listed, as many as there may be; drop some first")
        }
        entries.append(Entry(name: name, state: .loading))
    }

    mutating func finishLoading(_ name: String, _ result: Result<LoadedModels, TeacherLoadError>) {
        guard let index = entries.firstIndex(where: { $0.name == name }) else { return }
        switch result {
        case .success(let models): entries[index].state = .ready(models)
        case .failure(let error): entries[index].state = .failed(reason: error.description)
        }
    }

    /// Returns what may be the last reference to its parameters: to be let go outside of any lock.
    mutating func drop(_ name: String) throws(ServiceError) -> LoadedModels? {
        guard let entry = entries.first(where: { $0.name == name }) else {
            throw .unknownModel(got: name, known: entries.map(\.name))
        }
        if case .loading = entry.state {
            throw .teacherConflict("\(name) is being loaded; drop it when it is ready or has failed")
        }
        guard name != defaultName else {
            throw .teacherConflict("\(name) is the default teacher; make another the default first")
        }
        entries.removeAll { $0.name == name }
        return entry.models
    }

    mutating func makeDefault(_ name: String) throws(ServiceError) {
        guard let entry = entries.first(where: { $0.name == name }) else {
            throw .unknownModel(got: name, known: entries.map(\.name))
        }
        guard entry.models != nil else { throw .teacherConflict("\(name) is not ready") }
        defaultName = name
    }
}

extension LoadedModels {
    fileprivate func satisfies(_ pins: ModelPins) -> Bool { (try? check(pins)) != nil }
}
