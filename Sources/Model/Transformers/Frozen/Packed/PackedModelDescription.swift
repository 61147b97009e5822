/// What stands in a packed file, and what it was made from.
struct PackedModelDescription: Codable, Equatable {
    /// What decides the bytes of a packed file: one of another origin is stale.
    struct Origin: Codable, Equatable {
        /// Version of the form, and of how the kernels lay panels out.
        var format = 4
        /// Digest of names, sizes, times and inodes of the model's tensor files, as they were when they were opened.
        var files: String
        /// The configuration's fields that change numbers, in canonical JSON.
        var configuration: String
        /// Precision of the matrices.
        var precision: String
        /// Instruction set that the panels are laid out for.
        var kernelPath: String
        /// The model's fingerprint, which need not be computed again; not compared.
        var modelFingerprint = ""

        static func == (left: Origin, right: Origin) -> Bool {
            (left.format, left.files, left.configuration, left.precision, left.kernelPath)
                == (right.format, right.files, right.configuration, right.precision, right.kernelPath)
        }

        /// What another origin has that this one has not, in words.
        func difference(_ other: Origin) -> String {
            if format != other.format { return "by another version" }
            if precision != other.precision { return "in \(precision), not \(other.precision)" }
            if kernelPath != other.kernelPath { return "for \(kernelPath), not \(other.kernelPath)" }
            return "of other files: the model has been written to since"
        }
    }

    /// Where a parameter stands.
    struct Place: Codable, Equatable {
        var offset: Int
        var byteCount: Int

        var range: Range<Int> { offset..<offset + byteCount }
    }

    var origin: Origin
    /// By the parameters' names.
    var places: [String: Place]
    /// Bytes between the preamble and the description.
    var dataBytes: Int
    /// The `DamageCheck` of each block of them, in hexadecimal.
    var blocks: [String]

    /// Whether all places lie within the data, and each block has its check.
    func isSound(dataBytes end: Int) -> Bool {
        let start = PackedModelFile.dataOffset
        return dataBytes >= 0 && dataBytes == end - start
            && blocks.count == (dataBytes + PackedModelFile.blockBytes - 1) / PackedModelFile.blockBytes
            && places.values.allSatisfy {
                $0.offset >= start && $0.byteCount >= 0 && $0.byteCount <= end - $0.offset
                    && $0.offset % PackedModelFile.alignment == 0
            }
    }
}
