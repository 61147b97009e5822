/// The four normalization forms of Unicode Standard Annex 15.
enum UnicodeForm: String, Sendable {
    case nfc = "NFC"
    case nfd = "NFD"
    case nfkc = "NFKC"
    case nfkd = "NFKD"

    var isComposed: Bool { self == .nfc || self == .nfkc }
    var isCompatible: Bool { self == .nfkc || self == .nfkd }

    /// A quick and sure yes: every character stays as it is and stands in canonical order. A no may be wrong.
    func isNormalized(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer(isNormalized)
    }

    func isNormalized(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let tables = NormalizationTables.shared
        // Below U+0300 nothing composes with what stands before it, and below U+00C0 little decomposes.
        let firstSuspect: UInt8 = self == .nfc ? 0xCC : 0x80
        let raw = UnsafeRawBufferPointer(bytes)
        var at = 0
        var lastClass: UInt8 = 0
        while at < bytes.count {
            if bytes[at] < firstSuspect {
                lastClass = 0
                at += 1
                while at + 8 <= bytes.count,
                    raw.loadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
                {
                    at += 8
                }
                continue
            }
            if UTF8Scalar.isContinuation(bytes[at]) {
                at += 1
                continue
            }
            let traits = tables.traits(UTF8Scalar.decode(bytes, &at))
            guard traits.isStable(self) else { return false }
            guard traits.combiningClass == 0 || traits.combiningClass >= lastClass else { return false }
            lastClass = traits.combiningClass
        }
        return true
    }
}

/// Decomposition, canonical order and composition, each scalar with the step that `AlignedText.apply` needs: what a
/// scalar stands for follows the order in which `tokenizers` meets it.
enum UnicodeNormalizer {
    private struct Pending {
        var scalar: UInt32
        var step: Int
        var combiningClass: UInt8
    }

    static func changes(_ bytes: [UInt8], _ form: UnicodeForm) -> [AlignedText.Change] {
        let decomposed = decompose(bytes, form)
        guard form.isComposed else { return decomposed.map { .init(scalar: $0.scalar, step: $0.step) } }
        return compose(decomposed)
    }

    private static func decompose(_ bytes: [UInt8], _ form: UnicodeForm) -> [Pending] {
        let tables = NormalizationTables.shared
        var output: [Pending] = []
        output.reserveCapacity(bytes.count)
        /// Where the scalars behind the last starter begin: they are still to be put in order.
        var unordered = 0
        func order() {
            guard output.count - unordered > 1 else { return }
            // Stable, as the order within one class must stay: an insertion sort of a handful of marks.
            for at in unordered + 1..<output.count {
                let moved = output[at]
                var hole = at
                while hole > unordered, output[hole - 1].combiningClass > moved.combiningClass {
                    output[hole] = output[hole - 1]
                    hole -= 1
                }
                output[hole] = moved
            }
        }
        var at = 0
        while at < bytes.count {
            let scalar = UTF8Scalar.decode(bytes, &at)
            var step = 0
            tables.forEachDecomposed(scalar, compatible: form.isCompatible) { part in
                let combiningClass = tables.traits(part).combiningClass
                if combiningClass == 0 {
                    order()
                    unordered = output.count + 1
                }
                output.append(Pending(scalar: part, step: step, combiningClass: combiningClass))
                step = 1
            }
        }
        order()
        return output
    }

    /// A mark joins the starter before it unless a mark of its own or a higher class, or another starter, stands between.
    private static func compose(_ input: [Pending]) -> [AlignedText.Change] {
        let tables = NormalizationTables.shared
        var output: [AlignedText.Change] = []
        output.reserveCapacity(input.count)
        var starter: AlignedText.Change?
        var marks: [AlignedText.Change] = []
        var lastClass: UInt8?
        func flush() {
            if let starter { output.append(starter) }
            output.append(contentsOf: marks)
            marks.removeAll(keepingCapacity: true)
            lastClass = nil
        }
        for next in input {
            let change = AlignedText.Change(scalar: next.scalar, step: next.step)
            guard let current = starter else {
                if next.combiningClass == 0 { starter = change } else { output.append(change) }
                continue
            }
            let isBlocked = lastClass.map { $0 >= next.combiningClass } ?? false
            if !isBlocked, let composite = tables.composition(current.scalar, next.scalar) {
                starter = .init(scalar: composite, step: current.step + next.step - 1)
            } else if next.combiningClass == 0 {
                flush()
                starter = change
            } else {
                marks.append(change)
                lastClass = next.combiningClass
            }
        }
        flush()
        return output
    }
}
