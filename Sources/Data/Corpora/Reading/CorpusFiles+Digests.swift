import Digests
import Foundation
import System

extension CorpusFiles.File {
    /// The files of this machine that it consists of; none for an address.
    func parts() throws -> [String] {
        switch (format, identity) {
        case (.megatron, _): return [path, MegatronReader.dataPath(path)]
        case (_, .address): return []
        case (.program, .file(let identity)) where identity.isDirectory:
            do {
                return try FileManager.default.subpathsOfDirectory(atPath: path).sorted().map { path + "/" + $0 }
                    .filter { FileIdentity($0)?.isRegular == true }
            } catch {
                throw CorpusError.unreadable(path: path, reason: "\(error)")
            }
        case (_, .file): return [path]
        }
    }

    /// SHA-256 of each part; of an address that of what its program tells its bytes by.
    func digests(_ programs: RunningReaders, onWait: () throws -> Void) throws -> [SHA256Digest] {
        if case .address = identity { return [try programs.key(self, onWait: onWait)] }
        return try parts().map { part in
            if reader != nil { try onWait() }
            var file = try ByteFile(part, decompressing: false)
            var block: [UInt8] = []
            while try file.read(into: &block) { block.removeAll(keepingCapacity: true) }
            return file.digest
        }
    }
}
