/// How a flat list of tokens falls into parts, one behind the other, none empty: the documents of a sequence, the sequences of a request,
/// the segments of a batch. The one place where starts are checked and lists are cut by them.
package struct Spans: Sendable, Equatable {
    /// Where each part begins. First is 0, strictly increasing, each below `tokenCount`; empty only where there are no tokens.
    package let starts: [Int]
    /// Length of the flat list, all parts together; 0 where there are none.
    package let tokenCount: Int

    /// Parts by their starts, each up to the next one and the last up to the end.
    ///
    /// - Throws: `SpanFault`, the first rule that is broken.
    package init(starts: [Int], tokenCount: Int) throws(SpanFault) {
        if let fault = SpanFault(in: starts, tokenCount: tokenCount) { throw fault }
        self.starts = starts
        self.tokenCount = tokenCount
    }

    /// Parts by their starts and, behind these, the number of tokens.
    ///
    /// - Parameter boundaries: the starts, then the number of tokens; `[0]` for none.
    /// - Throws: `SpanFault`, of which the last may be that of the number of tokens.
    package init(boundaries: [Int]) throws(SpanFault) {
        guard let total = boundaries.last else { throw SpanFault(index: 0, expected: "0", got: nil) }
        if total == 0 && boundaries.count == 1 {
            self.init()
        } else {
            try self.init(starts: Array(boundaries.dropLast()), tokenCount: total)
        }
    }

    /// Parts by their lengths, one behind the other.
    ///
    /// - Parameter lengths: all above 0.
    package init(lengths: some Sequence<Int>) {
        var (starts, total) = ([Int](), 0)
        for length in lengths {
            precondition(length > 0, "no part is empty")
            starts.append(total)
            total += length
        }
        (self.starts, tokenCount) = (starts, total)
    }

    /// The parts of several lists, which lie one behind the other.
    package init(joining lists: some Sequence<Spans>) {
        var (starts, total) = ([Int](), 0)
        for list in lists {
            starts += list.starts.map { $0 + total }
            total += list.tokenCount
        }
        (self.starts, tokenCount) = (starts, total)
    }

    /// No tokens, no parts.
    package init() { (starts, tokenCount) = ([], 0) }

    /// All tokens as one part; none where there are none.
    package init(whole tokenCount: Int) {
        precondition(tokenCount >= 0, "a number of tokens is not negative")
        (starts, self.tokenCount) = (tokenCount > 0 ? [0] : [], tokenCount)
    }

    /// The starts and, behind these, the number of tokens: what `init(boundaries:)` takes.
    package var boundaries: [Int] { starts + [tokenCount] }
}

extension Spans: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { starts.count }

    /// The positions of one part.
    package subscript(index: Int) -> Range<Int> {
        starts[index]..<(index + 1 < starts.count ? starts[index + 1] : tokenCount)
    }
}

extension Spans {
    /// The part that holds `position`. Complexity: logarithmic in the number of parts.
    package func index(holding position: Int) -> Int {
        precondition(position >= 0 && position < tokenCount, "a position of the list")
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= position { low = middle } else { high = middle }
        }
        return low
    }

    /// The values of each part, one list a part.
    ///
    /// - Parameter values: one a token.
    @inlinable package func cut<Value>(_ values: [Value]) -> [[Value]] {
        precondition(values.count == tokenCount, "one value a token")
        return map { Array(values[$0]) }
    }

    /// The parts that lie in each of `outer`'s, counted from its start. Each part of `outer` begins where one of these does.
    package func grouped(by outer: Spans) -> [Spans] {
        var next = 0
        return outer.map { range in
            let first = next
            while next < starts.count, starts[next] < range.upperBound { next += 1 }
            precondition(first < next && starts[first] == range.lowerBound, "it begins with one of these")
            return Spans(lengths: self[first..<next].lazy.map(\.count))
        }
    }

    /// Marks of positions from marks of tokens: the first of each part is none.
    ///
    /// - Parameter mask: one a token; nil for all.
    package func scored(_ mask: [Bool]? = nil) -> [Bool] {
        var scored = mask ?? [Bool](repeating: true, count: tokenCount)
        precondition(scored.count == tokenCount, "one mark a token")
        for start in starts { scored[start] = false }
        return scored
    }
}
