import Corpora
import Foundation
import ScoreFiles

/// What an earlier scoring has written.
extension ParallelRun {
    /// Whether files of this quantity are all there, as this scoring would write them: what is short, gone or damaged is scored again.
    func isThere(
        _ plan: ScoringPlan, _ tokens: [TokenItems], _ quantity: ParallelQuantity, _ identity: ScoresIdentity
    ) throws -> Bool {
        try plan.files.indices.allSatisfy { index in
            let json = json(plan.files[index], quantity.suffix)
            guard FileManager.default.fileExists(atPath: json) else { return false }
            try check(ParallelManifest(contentsOf: json), json, of: plan, tokens[index], index, quantity, identity)
            do {
                try checkCuts(ParallelFile(json), of: plan, tokens[index], index)
                return true
            } catch let error as ScoreFileError {
                switch error {
                case .damaged, .unreadable: onEvent(.remark("\(error): that is done now"))
                default: throw error
                }
                return false
            }
        }
    }

    /// Throws where a file says that it was written otherwise.
    private func check(
        _ found: ParallelManifest, _ path: String, of plan: ScoringPlan, _ tokens: TokenItems, _ index: Int,
        _ quantity: ParallelQuantity, _ identity: ScoresIdentity
    ) throws {
        func require(_ what: String, _ was: String, _ now: String) throws {
            guard was == now else { throw ScoreFileError.changed(path: path, what: what, was: was, now: now) }
        }
        if let found = identity.difference(found.identity) { try require(found.what, found.other, found.own) }
        try require("token file (by SHA-256)", found.tokens.sha256, plan.files[index].sha256)
        try require("element type of token ids", found.tokens.element, tokens.element.rawValue)
        try require("number of items", "\(found.tokens.items)", "\(tokens.count)")
        try require("unit", "\(found.unit)", "\(plan.unit)")
        try require("--dtype", found.element.rawValue, options.element.rawValue)
        guard found.quantity == quantity else {
            throw ScoreFileError.changed(
                path: path, what: "base or epsilon", was: "\(found.quantity)", now: "\(quantity)")
        }
    }

    /// Throws where a file's numbers belong to other documents. The first item of each piece has none and every other one does: so the
    /// numbers say how the items were cut, whether by an end of sequence or by an index.
    private func checkCuts(_ file: ParallelFile, of plan: ScoringPlan, _ tokens: TokenItems, _ index: Int) throws {
        for part in plan.parts where part.file == index {
            try throwIfStopped()
            let values = try file.values(part.items)
            try plan.forEachPiece(of: part, in: tokens) { piece in
                for item in piece {
                    let isFirst = values[item - part.items.lowerBound].isNaN
                    guard isFirst != (item == piece.lowerBound) else { continue }
                    throw ScoreFileError.changed(
                        path: file.path, what: "end of sequence or index of documents",
                        was: "such that item \(item) \(isFirst ? "begins" : "goes on with") a document or piece of one",
                        now: "such that it \(isFirst ? "goes on with" : "begins") one")
                }
            }
        }
    }
}
