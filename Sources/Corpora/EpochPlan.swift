/// Every segment of the corpus once, packed into windows. Memory: 8 bytes a segment and a window.
package struct EpochPlan: Sendable {
    /// A segment by its document's index and its number among the document's pieces.
    struct Place: Sendable {
        let document: UInt32
        let piece: UInt32
    }

    private let tokens: TokenFile
    private let places: [Place]
    private let starts: [Int]  // [windows + 1]
    package let sequenceLength: Int
    package let tokenCount: Int
    package let scoredTokens: Int

    /// Packs the segments in the order given.
    init(_ shuffled: some Collection<Place>, tokens: TokenFile, sequenceLength: Int) {
        var places: [Place] = []
        places.reserveCapacity(shuffled.count)
        var starts = [0]
        var (tokenCount, scoredTokens) = (0, 0)
        var packer = WindowPacker<Place>(capacity: sequenceLength)
        let close = { (window: [Place]) in
            places += window
            starts.append(places.count)
        }
        for place in shuffled {
            let segment = tokens.entry(Int(place.document)).segment(Int(place.piece), sequenceLength: sequenceLength)
            tokenCount += segment.tokenCount
            scoredTokens += segment.scoredTokens
            packer.add(place, length: segment.tokenCount, close)
        }
        packer.finish(close)
        self.places = places
        self.starts = starts
        self.tokens = tokens
        self.sequenceLength = sequenceLength
        self.tokenCount = tokenCount
        self.scoredTokens = scoredTokens
    }

    package var windowCount: Int { starts.count - 1 }
    package var segmentCount: Int { places.count }

    package func window(_ index: Int) -> [CorpusSegment] {
        places[starts[index]..<starts[index + 1]].map {
            tokens.entry(Int($0.document)).segment(Int($0.piece), sequenceLength: sequenceLength)
        }
    }

    /// The share of the windows' room that no segment fills. It is never sent and never computed.
    package var paddingShare: Double { 1 - Double(tokenCount) / Double(windowCount * sequenceLength) }
}
