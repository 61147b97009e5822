import Checkpoints
import Foundation
import Testing

/// Norm of the difference over norm.
func distance(_ got: [Float], _ expected: [Float]) -> Double {
    precondition(got.count == expected.count)
    let difference = zip(got, expected).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
    return (difference / expected.reduce(0.0) { $0 + pow(Double($1), 2) }).squareRoot()
}

/// Reads a safetensors file of expectations.
struct GoldenFile {
    private let file: SafetensorsFile

    init(_ path: String) throws { file = try SafetensorsFile(path: path) }

    func floats(_ name: String) throws -> [Float] { try elements(name) }
    func doubles(_ name: String) throws -> [Double] { try elements(name) }
    func ints(_ name: String) throws -> [Int] { try (elements(name) as [Int32]).map { Int($0) } }

    private func elements<Element: BitwiseCopyable>(_ name: String) throws -> [Element] {
        let size = MemoryLayout<Element>.size
        return file.withBytes(of: try #require(file.entry(name))) { bytes in
            (0..<bytes.count / size).map { bytes.loadUnaligned(fromByteOffset: $0 * size, as: Element.self) }
        }
    }
}
