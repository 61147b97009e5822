import RandomNumbers

/// Which problems are for training and which for judging. A problem belongs to one of the two by its canonical text alone, so
/// that no seed, count or order can bring one into both.
package enum TaskSplit: String, CaseIterable, Sendable {
    case training
    case heldOut = "held-out"

    /// About one problem (and one text of filler) in this many is held out.
    package static let heldOutEvery: UInt64 = 10

    /// Puts a problem, or a text of filler, on its side: by a hash of family and canonical text, and nothing else.
    ///
    /// - Parameter canonical: the same for problems that ask the same (47+85 and 85+47).
    package init(family: String, canonical: String) {
        self = Self.hash("\(family)\u{1F}\(canonical)") % Self.heldOutEvery == 0 ? .heldOut : .training
    }

    /// FNV-1a over the UTF-8, its bits then mixed. Must never change: trained models depend on it.
    static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return SplitMix64.mix(hash)
    }
}
