import Corpora
import TokenWeights

/// What a weighting that tells domains apart needs of a corpus: each document has a domain, and one at least the raised one. Without,
/// every weight would be the same.
package struct DomainCheck {
    /// Why a corpus cannot be weighted by domain.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// No document has the raised domain. `known` are those that the corpus has, sorted.
        case unknownDomain(String, known: [String])
        /// Some documents say no domain.
        case documentsWithoutDomain(weighting: String, documents: Int, of: Int)

        package var description: String {
            switch self {
            case .unknownDomain(let name, let known):
                "--raised-domain \(name): no document of the corpus has this domain, so all would weigh 1 - epsilon; "
                    + (known.isEmpty
                        ? "none has a \"domain\""
                        : "there are \(known.prefix(10).joined(separator: ", "))"
                            + (known.count > 10 ? " and \(known.count - 10) more" : ""))
            case .documentsWithoutDomain(let weighting, let documents, let total):
                "--weighting \(weighting): \(documents) of \(total) documents have no \"domain\""
            }
        }
    }

    private let weighting: any TokenWeighting

    /// - Parameter weighting: one that needs no domains passes with any corpus.
    package init(_ weighting: any TokenWeighting) { self.weighting = weighting }

    /// Checks the domains of `corpus`.
    ///
    /// - Parameter holds: whether a document of the domain exists, where `corpus` is only a sample.
    /// - Throws: `Failure`, and what `holds` throws.
    package func check(_ corpus: Corpus, holds: (String) throws -> Bool = { _ in false }) throws {
        guard weighting.needsDomains else { return }
        let raised = weighting.options.raisedDomain
        if weighting.name == DomainWeights.name, !corpus.domainsInUse.contains(raised), try !holds(raised) {
            throw Failure.unknownDomain(raised, known: corpus.domainsInUse.sorted())
        }
        guard corpus.documentsWithoutDomain == 0 else {
            throw Failure.documentsWithoutDomain(
                weighting: weighting.name, documents: corpus.documentsWithoutDomain, of: corpus.documentCount)
        }
    }
}
