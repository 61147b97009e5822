import Sequences

extension TopLogProbs {
    /// Rows without the tokens that a vocabulary of this size has not: what a teacher gives them is of the rest.
    package func within(vocabularySize: Int) -> TopLogProbs {
        var (ids, kept) = (tokenIDs, logProbs)
        for place in ids.indices where ids[place] >= vocabularySize {
            (ids[place], kept[place]) = (-1, -.infinity)
        }
        return TopLogProbs(k: k, tokenIDs: ids, logProbs: kept)
    }
}
