import Digests
import Tokenizers

/// The documents of a file of token ids, in its order: of an array, or of a Megatron pair. Memory: one document and one
/// block, and of a pair its index.
package struct TokenDocuments {
    /// How the file says that its ids are stored.
    package struct Layout: Sendable, Equatable {
        /// Bytes of an id, once the file is unpacked.
        package let bytesOfID: Int
        /// Whether it is an array without a header, whose element type is taken for granted or was given.
        package let isBare: Bool
    }

    private let file: CorpusFiles.File
    private let bareElement: TokenElement?
    private let encoder: DocumentEncoder

    /// - Parameters:
    ///   - file: one with ids, not with text.
    ///   - bareElement: element type of an array without header; nil: the smallest that holds the vocabulary.
    ///   - encoder: knows the id that closes documents, and the vocabulary.
    package init(_ file: CorpusFiles.File, bareElement: TokenElement?, encoder: DocumentEncoder) {
        precondition(file.format.holdsIDs, "\(file.path) holds text")
        self.file = file
        self.bareElement = bareElement
        self.encoder = encoder
    }

    /// Hands the documents to `body`, those too that are nothing but their end. What `body` throws ends the reading;
    /// no block of ids behind that of the document was read then.
    ///
    /// - Parameter counter: counts the bytes on disk of the ids as they are read.
    /// - Throws: `CorpusError`; what `body` throws.
    /// - Returns: the SHA-256 of the bytes of each of the file's parts as they were read, and whether it is a bare
    ///   array.
    @discardableResult
    package func forEach(
        counter: ByteCounter? = nil, _ body: (Document) throws -> Void
    ) throws -> (digests: [SHA256Digest], isBare: Bool) {
        if file.format == .megatron {
            return (
                try MegatronReader(indexPath: file.path, encoder: encoder).forEach(counter: counter, body), false
            )
        }
        let (digest, isBare) = try TokenArrayReader(path: file.path, encoder: encoder, bareElement: bareElement)
            .forEach(counter: counter, body)
        return ([digest], isBare)
    }

    /// How the ids are stored, from the file's head.
    ///
    /// - Throws: `CorpusError`.
    package func layout() throws -> Layout {
        if file.format == .megatron {
            return Layout(bytesOfID: try MegatronIndex.element(file.path).byteCount, isBare: false)
        }
        var bytes = try ByteFile(file.path)
        var head: [UInt8] = []
        while head.count < 8192, try bytes.read(into: &head) {}
        if let header = try NumpyHeader(head[...], file: file.path) {
            return Layout(bytesOfID: header.element.byteCount, isBare: false)
        }
        let element = bareElement ?? .smallest(forVocabulary: encoder.tokenizer.vocabularySize)
        return Layout(bytesOfID: element.byteCount, isBare: true)
    }
}
