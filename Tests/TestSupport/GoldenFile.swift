import Checkpoints
import Foundation

/// Norm of the difference over norm.
package func distance(_ got: [Float], _ expected: [Float]) -> Double {
    precondition(got.count == expected.count)
    let difference = zip(got, expected).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
    return (difference / expected.reduce(0.0) { $0 + pow(Double($1), 2) }).squareRoot()
}

/// Reads a safetensors file of expectations.
package struct GoldenFile {
    private let file: SafetensorsFile

    package init(_ path: String) throws { file = try SafetensorsFile(path: path) }

    package func floats(_ name: String) throws -> [Float] { try elements(name) }
    package func doubles(_ name: String) throws -> [Double] { try elements(name) }
    package func ints(_ name: String) throws -> [Int] { try (elements(name) as [Int32]).map { Int($0) } }

    private func elements<Element: BitwiseCopyable>(_ name: String) throws -> [Element] {
        let size = MemoryLayout<Element>.size
        return try file.withBytes(of: try entry(name)) { bytes in
            (0..<bytes.count / size).map { bytes.loadUnaligned(fromByteOffset: $0 * size, as: Element.self) }
        }
    }

    private func entry(_ name: String) throws -> SafetensorsHeader.Entry {
        guard let entry = file.entry(name) else { throw MissingGolden(name: name) }
        return entry
    }
}

package struct MissingGolden: Error {
    let name: String
}
