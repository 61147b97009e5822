import Checkpoints
import Testing

@Suite struct ElementConversionTests {
    private func widened(_ bits: [UInt16], _ type: ElementType) -> [Float] {
        var target = [Float](repeating: 0, count: bits.count)
        bits.withUnsafeBytes { source in
            target.withUnsafeMutableBufferPointer { ElementConversion.widen(source, of: type, into: $0) }
        }
        return target
    }

    @Test func everyF16WidensExactly() {
        let all = (0...UInt16.max).map { $0 }
        for (bits, value) in zip(all, widened(all, .f16)) {
            let expected = Float(Float16(bitPattern: bits))
            if expected.isNaN {
                #expect(value.isNaN && value.sign == expected.sign)
            } else {
                #expect(value.bitPattern == expected.bitPattern)
            }
        }
    }

    @Test func everyBF16WidensExactlyAndComesBack() {
        let all = (0...UInt16.max).map { $0 }
        for (bits, value) in zip(all, widened(all, .bf16)) {
            #expect(value.bitPattern == UInt32(bits) << 16)
            if !value.isNaN { #expect(ElementConversion.bf16(value) == bits) }
        }
    }

    @Test func narrowingRoundsToNearestTiesToEven() {
        func narrowed(_ bits: UInt32) -> UInt16 { ElementConversion.bf16(Float(bitPattern: bits)) }
        #expect(narrowed(0x3F80_8000) == 0x3F80)  // halfway, down to even
        #expect(narrowed(0x3F81_8000) == 0x3F82)  // halfway, up to even
        #expect(narrowed(0x3F80_8001) == 0x3F81)
        #expect(narrowed(0x3F80_7FFF) == 0x3F80)
        #expect(narrowed(0x7F7F_FFFF) == 0x7F80)  // the largest float is nearer to infinity
        #expect(narrowed(0xFF80_0000) == 0xFF80)
        #expect(narrowed(0x8000_0001) == 0x8000)
        #expect(narrowed(0x7F80_0001) & 0x7FFF > 0x7F80)  // a NaN with a low payload stays one
    }
}
