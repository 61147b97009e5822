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

    /// What was taken for granted.
    package var remarks: [String] {
        guard let bareArrays else { return [] }
        return [
            "\(bareArrays.files) .npy \(bareArrays.files == 1 ? "file" : "files") without header read as \(bareArrays.element), "
                + "the smallest type that holds the vocabulary (--npy-dtype says another)"
        ]
    }
}
