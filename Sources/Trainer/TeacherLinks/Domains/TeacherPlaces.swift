import ScoringAPI
import ScoringClient
import System
import Training

/// Which of a run's servers have which teacher, as far as they answer: a run with several teachers asks each where it is.
package struct TeacherPlaces {
    /// nil where a server does not answer yet: it may have any.
    private let found: [InfoResponse?]

    /// Asks every server once.
    ///
    /// - Parameter timeout: for each server.
    /// - Throws: `ScoringClientError` where one refuses, or answers as no remit-server does; `TrainingError.interrupted`.
    package init(_ client: ScoringClient, timeout: Duration = .seconds(30), stop: StopFlag) throws {
        do {
            found = try client.infoOfEach(timeout: timeout, cancellation: stop).map {
                if case .info(let info) = $0.said { info } else { nil }
            }
        } catch ScoringClientError.cancelled {
            throw TrainingError.interrupted
        }
    }

    /// Indices of the servers that have a teacher, and of those that do not answer yet; all of them where none has it, so that each is heard.
    ///
    /// - Parameter name: or model fingerprint; nil: a server's default, which each has.
    package func servers(with name: String?) -> [Int] {
        let having = found.indices.filter { index in
            guard let name, let info = found[index] else { return true }
            return info.models.contains {
                $0.role == .teacher && ($0.identity.model == name || $0.identity.modelFingerprint == name)
            }
        }
        return having.isEmpty ? Array(found.indices) : having
    }
}
