/// The segments of one epoch, packed into windows. Memory: 8 bytes a segment and a window.
package struct EpochPlan: Sendable {
    /// A segment by its document's number and its own number among the document's pieces.
    struct Place: Sendable {
        let document: UInt32
        let piece: UInt32
    }

    private let corpus: Corpus
    private let places: [Place]
    private let starts: [Int]  // [windows + 1]
    /// The first window behind each phase; one number where there are no phases.
    private let phaseEnds: [Int]
    /// What the order was made of.
    package let seed: UInt64
    /// Number of the epoch, from 0.
    package let epoch: Int
    /// Number of tokens of all segments, context included.
    package let tokenCount: Int
    /// Number of tokens that each source gives, in the order of `Corpus.sources`.
    package let sourceTokens: [Int]

    /// Packs the segments in the order given, those of each phase by themselves.
    init(_ phases: [[Place]], corpus: Corpus, seed: UInt64, epoch: Int) {
        (self.seed, self.epoch) = (seed, epoch)
        var places: [Place] = []
        places.reserveCapacity(phases.reduce(0) { $0 + $1.count })
        var starts = [0]
        var sourceTokens = [Int](repeating: 0, count: corpus.sources.count)
        var packer =
            corpus.order == .files
            ? WindowPacker<Place>(inOrder: corpus.sequenceLength)
            : WindowPacker<Place>(capacity: corpus.sequenceLength)
        let close = { (window: [Place]) in
            places += window
            starts.append(places.count)
        }
        var phaseEnds: [Int] = []
        for phase in phases {
            for place in phase {
                let segment = corpus.segment(place)
                sourceTokens[segment.source] += segment.tokenCount
                packer.add(place, length: segment.tokenCount, close)
            }
            packer.finish(close)
            phaseEnds.append(starts.count - 1)
        }
        self.phaseEnds = phaseEnds
        self.corpus = corpus
        self.places = places
        self.starts = starts
        self.sourceTokens = sourceTokens
        tokenCount = sourceTokens.reduce(0, +)
    }

    /// Number of training windows of the epoch.
    package var windowCount: Int { starts.count - 1 }
    /// Number of segments of the epoch; in a mix one may come more than once.
    package var segmentCount: Int { places.count }

    /// Index in `Corpus.phases` of the phase that a window is of; 0 where there are none.
    package func phase(ofWindow index: Int) -> Int { phaseEnds.firstIndex { index < $0 } ?? 0 }

    /// Segments of one window, in the order in which they were packed. Complexity: linear in their number.
    package func window(_ index: Int) -> [CorpusSegment] {
        places[starts[index]..<starts[index + 1]].map(corpus.segment)
    }

    /// Share of the windows' room that no segment fills, 0 ... 1. It is never sent and never computed.
    package var paddingShare: Double { 1 - Double(tokenCount) / Double(windowCount * corpus.sequenceLength) }
}
