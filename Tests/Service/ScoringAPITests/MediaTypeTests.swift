import ScoringAPI
import Testing

@Suite struct MediaTypeTests {
    @Test func contentTypeIsReadWithoutCaseAndParameters() {
        #expect(MediaType(contentType: "application/json") == .json)
        #expect(MediaType(contentType: " Application/JSON ; charset=utf-8") == .json)
        #expect(MediaType(contentType: "application/vnd.safetensors") == .safetensors)
        #expect(MediaType(contentType: "application/x-www-form-urlencoded") == nil)
        #expect(MediaType(contentType: "") == nil)
    }
}
