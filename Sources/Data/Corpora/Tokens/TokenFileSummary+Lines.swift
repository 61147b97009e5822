extension TokenFileSummary {
    /// What was read and what was left out, a line each: every program says the same of a corpus.
    ///
    /// - Parameter count: how a large number is shown.
    package func lines(count: (Double) -> String) -> [String] {
        var first =
            "\(documents) documents, \(count(Double(tokens))) tokens, \(count(Double(scoredTokens))) scored"
        if skipped.emptyDocuments > 0 { first += ", \(skipped.emptyDocuments) empty documents left out" }
        let bad = skipped.firstBadLine.map { "\(skipped.badLines) bad lines left out, the first: \($0)" }
        let empty = skipped.firstEmptyFile.map {
            "\(skipped.emptyFiles) of the files \(skipped.emptyFiles == 1 ? "is" : "are") empty: \($0)"
        }
        let copies = skipped.firstCopy.map {
            "\(skipped.copies) of the files \(skipped.copies == 1 ? "has" : "have") the bytes of another, whose documents come again: \($0)"
        }
        return [first] + [bad, empty, copies].compactMap { $0 } + remarks
    }

    /// What was taken for granted when the files were read, a line each.
    package var remarks: [String] {
        let bare = bareArrays.map {
            "\($0.files) .npy \($0.files == 1 ? "file" : "files") without header read as \($0.element), "
                + "the smallest type that holds the vocabulary (--npy-dtype says another)"
        }
        let ends = otherEnds.map {
            "\($0.documents) \($0.documents == 1 ? "document holds" : "documents hold") the id \($0.id), an end of sequence too by the model's "
                + "files, before their own end. If it closes documents, put it first in the eos_token_id of config.json"
        }
        return [bare, ends].compactMap { $0 }
    }
}
