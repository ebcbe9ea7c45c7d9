// Block RAMs and multipliers of ECP5, as far as synthesis uses them; yosys has no models of them.

`timescale 1ns / 1ps

// 1024 words of 18 bits. Ports of 1, 2 or 4 bits leave the ninth bit of each byte alone; one of 36
// bits takes both ports. What a port reads while the other one writes there is garbage, and so is
// everything where the RAM is used in another way.
module DP16KD(
  input CLKA, CEA, OCEA, WEA, RSTA, CSA0, CSA1, CSA2,
  input ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
    input DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5,
      DIA4, DIA3, DIA2, DIA1, DIA0,
    output DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5,
      DOA4, DOA3, DOA2, DOA1, DOA0,
  input CLKB, CEB, OCEB, WEB, RSTB, CSB0, CSB1, CSB2,
  input ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
    input DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5,
      DIB4, DIB3, DIB2, DIB1, DIB0,
    output DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5,
      DOB4, DOB3, DOB2, DOB1, DOB0
);
  parameter DATA_WIDTH_A = 18;
  parameter DATA_WIDTH_B = 18;
  parameter REGMODE_A = "NOREG";
  parameter REGMODE_B = "NOREG";
  parameter RESETMODE = "SYNC";
  parameter ASYNC_RESET_RELEASE = "SYNC";
  parameter CSDECODE_A = "0b000";
  parameter CSDECODE_B = "0b000";
  parameter WRITEMODE_A = "NORMAL";
  parameter WRITEMODE_B = "NORMAL";
  parameter CLKAMUX = "CLKA";
  parameter CLKBMUX = "CLKB";
  parameter GSR = "AUTO";
  parameter [319:0] INITVAL_00 = 320'd0;
  parameter [319:0] INITVAL_01 = 320'd0;
  parameter [319:0] INITVAL_02 = 320'd0;
  parameter [319:0] INITVAL_03 = 320'd0;
  parameter [319:0] INITVAL_04 = 320'd0;
  parameter [319:0] INITVAL_05 = 320'd0;
  parameter [319:0] INITVAL_06 = 320'd0;
  parameter [319:0] INITVAL_07 = 320'd0;
  parameter [319:0] INITVAL_08 = 320'd0;
  parameter [319:0] INITVAL_09 = 320'd0;
  parameter [319:0] INITVAL_0A = 320'd0;
  parameter [319:0] INITVAL_0B = 320'd0;
  parameter [319:0] INITVAL_0C = 320'd0;
  parameter [319:0] INITVAL_0D = 320'd0;
  parameter [319:0] INITVAL_0E = 320'd0;
  parameter [319:0] INITVAL_0F = 320'd0;
  parameter [319:0] INITVAL_10 = 320'd0;
  parameter [319:0] INITVAL_11 = 320'd0;
  parameter [319:0] INITVAL_12 = 320'd0;
  parameter [319:0] INITVAL_13 = 320'd0;
  parameter [319:0] INITVAL_14 = 320'd0;
  parameter [319:0] INITVAL_15 = 320'd0;
  parameter [319:0] INITVAL_16 = 320'd0;
  parameter [319:0] INITVAL_17 = 320'd0;
  parameter [319:0] INITVAL_18 = 320'd0;
  parameter [319:0] INITVAL_19 = 320'd0;
  parameter [319:0] INITVAL_1A = 320'd0;
  parameter [319:0] INITVAL_1B = 320'd0;
  parameter [319:0] INITVAL_1C = 320'd0;
  parameter [319:0] INITVAL_1D = 320'd0;
  parameter [319:0] INITVAL_1E = 320'd0;
  parameter [319:0] INITVAL_1F = 320'd0;
  parameter [319:0] INITVAL_20 = 320'd0;
  parameter [319:0] INITVAL_21 = 320'd0;
  parameter [319:0] INITVAL_22 = 320'd0;
  parameter [319:0] INITVAL_23 = 320'd0;
  parameter [319:0] INITVAL_24 = 320'd0;
  parameter [319:0] INITVAL_25 = 320'd0;
  parameter [319:0] INITVAL_26 = 320'd0;
  parameter [319:0] INITVAL_27 = 320'd0;
  parameter [319:0] INITVAL_28 = 320'd0;
  parameter [319:0] INITVAL_29 = 320'd0;
  parameter [319:0] INITVAL_2A = 320'd0;
  parameter [319:0] INITVAL_2B = 320'd0;
  parameter [319:0] INITVAL_2C = 320'd0;
  parameter [319:0] INITVAL_2D = 320'd0;
  parameter [319:0] INITVAL_2E = 320'd0;
  parameter [319:0] INITVAL_2F = 320'd0;
  parameter [319:0] INITVAL_30 = 320'd0;
  parameter [319:0] INITVAL_31 = 320'd0;
  parameter [319:0] INITVAL_32 = 320'd0;
  parameter [319:0] INITVAL_33 = 320'd0;
  parameter [319:0] INITVAL_34 = 320'd0;
  parameter [319:0] INITVAL_35 = 320'd0;
  parameter [319:0] INITVAL_36 = 320'd0;
  parameter [319:0] INITVAL_37 = 320'd0;
  parameter [319:0] INITVAL_38 = 320'd0;
  parameter [319:0] INITVAL_39 = 320'd0;
  parameter [319:0] INITVAL_3A = 320'd0;
  parameter [319:0] INITVAL_3B = 320'd0;
  parameter [319:0] INITVAL_3C = 320'd0;
  parameter [319:0] INITVAL_3D = 320'd0;
  parameter [319:0] INITVAL_3E = 320'd0;
  parameter [319:0] INITVAL_3F = 320'd0;

  reg [17:0] mem [0:1023];
  integer k;
  reg [17:0] out_a = 0, out_b = 0;
    wire [13:0] at_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2,
      ADA1, ADA0};
    wire [13:0] at_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2,
      ADB1, ADB0};
    wire [17:0] in_a = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7,
      DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};
    wire [17:0] in_b = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7,
      DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0};
  // With 18 bits and more, the lowest bits of the address enable the bytes.
  wire writes_a = CEA & WEA & (DATA_WIDTH_A < 18 | |at_a[3:0] & (DATA_WIDTH_A == 36 | |at_a[1:0]));
  wire writes_b = CEB & WEB & (DATA_WIDTH_B < 18 | |at_b[1:0]);
  wire as_modelled = REGMODE_A == "NOREG" && REGMODE_B == "NOREG" && CLKAMUX == "CLKA" &&
      CLKBMUX == "CLKB" && ~RSTA && ~RSTB;
  assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5,
      DOA4, DOA3, DOA2, DOA1, DOA0} = as_modelled ? out_a : ~out_a;
    assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5,
      DOB4, DOB3, DOB2, DOB1, DOB0} = as_modelled ? out_b : ~out_b;

  initial begin
    for (k = 0; k < 16; k = k + 1) begin
      mem[0 + k] = INITVAL_00[20 * k +: 18];
      mem[16 + k] = INITVAL_01[20 * k +: 18];
      mem[32 + k] = INITVAL_02[20 * k +: 18];
      mem[48 + k] = INITVAL_03[20 * k +: 18];
      mem[64 + k] = INITVAL_04[20 * k +: 18];
      mem[80 + k] = INITVAL_05[20 * k +: 18];
      mem[96 + k] = INITVAL_06[20 * k +: 18];
      mem[112 + k] = INITVAL_07[20 * k +: 18];
      mem[128 + k] = INITVAL_08[20 * k +: 18];
      mem[144 + k] = INITVAL_09[20 * k +: 18];
      mem[160 + k] = INITVAL_0A[20 * k +: 18];
      mem[176 + k] = INITVAL_0B[20 * k +: 18];
      mem[192 + k] = INITVAL_0C[20 * k +: 18];
      mem[208 + k] = INITVAL_0D[20 * k +: 18];
      mem[224 + k] = INITVAL_0E[20 * k +: 18];
      mem[240 + k] = INITVAL_0F[20 * k +: 18];
      mem[256 + k] = INITVAL_10[20 * k +: 18];
      mem[272 + k] = INITVAL_11[20 * k +: 18];
      mem[288 + k] = INITVAL_12[20 * k +: 18];
      mem[304 + k] = INITVAL_13[20 * k +: 18];
      mem[320 + k] = INITVAL_14[20 * k +: 18];
      mem[336 + k] = INITVAL_15[20 * k +: 18];
      mem[352 + k] = INITVAL_16[20 * k +: 18];
      mem[368 + k] = INITVAL_17[20 * k +: 18];
      mem[384 + k] = INITVAL_18[20 * k +: 18];
      mem[400 + k] = INITVAL_19[20 * k +: 18];
      mem[416 + k] = INITVAL_1A[20 * k +: 18];
      mem[432 + k] = INITVAL_1B[20 * k +: 18];
      mem[448 + k] = INITVAL_1C[20 * k +: 18];
      mem[464 + k] = INITVAL_1D[20 * k +: 18];
      mem[480 + k] = INITVAL_1E[20 * k +: 18];
      mem[496 + k] = INITVAL_1F[20 * k +: 18];
      mem[512 + k] = INITVAL_20[20 * k +: 18];
      mem[528 + k] = INITVAL_21[20 * k +: 18];
      mem[544 + k] = INITVAL_22[20 * k +: 18];
      mem[560 + k] = INITVAL_23[20 * k +: 18];
      mem[576 + k] = INITVAL_24[20 * k +: 18];
      mem[592 + k] = INITVAL_25[20 * k +: 18];
      mem[608 + k] = INITVAL_26[20 * k +: 18];
      mem[624 + k] = INITVAL_27[20 * k +: 18];
      mem[640 + k] = INITVAL_28[20 * k +: 18];
      mem[656 + k] = INITVAL_29[20 * k +: 18];
      mem[672 + k] = INITVAL_2A[20 * k +: 18];
      mem[688 + k] = INITVAL_2B[20 * k +: 18];
      mem[704 + k] = INITVAL_2C[20 * k +: 18];
      mem[720 + k] = INITVAL_2D[20 * k +: 18];
      mem[736 + k] = INITVAL_2E[20 * k +: 18];
      mem[752 + k] = INITVAL_2F[20 * k +: 18];
      mem[768 + k] = INITVAL_30[20 * k +: 18];
      mem[784 + k] = INITVAL_31[20 * k +: 18];
      mem[800 + k] = INITVAL_32[20 * k +: 18];
      mem[816 + k] = INITVAL_33[20 * k +: 18];
      mem[832 + k] = INITVAL_34[20 * k +: 18];
      mem[848 + k] = INITVAL_35[20 * k +: 18];
      mem[864 + k] = INITVAL_36[20 * k +: 18];
      mem[880 + k] = INITVAL_37[20 * k +: 18];
      mem[896 + k] = INITVAL_38[20 * k +: 18];
      mem[912 + k] = INITVAL_39[20 * k +: 18];
      mem[928 + k] = INITVAL_3A[20 * k +: 18];
      mem[944 + k] = INITVAL_3B[20 * k +: 18];
      mem[960 + k] = INITVAL_3C[20 * k +: 18];
      mem[976 + k] = INITVAL_3D[20 * k +: 18];
      mem[992 + k] = INITVAL_3E[20 * k +: 18];
      mem[1008 + k] = INITVAL_3F[20 * k +: 18];
    end
  end

  // Bits of its word that a port sees.
  function [17:0] seen(input integer width, input [13:0] at);
    case (width)
      1: seen = 18'h1 << (9 * at[3] + at[2:0]);
      2: seen = 18'h3 << (9 * at[3] + (at[2:0] & 3'd6));
      4: seen = 18'hf << (9 * at[3] + (at[2:0] & 3'd4));
      9: seen = 18'h1ff << (9 * at[3]);
      default: seen = 18'h3ffff;
    endcase
  endfunction

  // Those that it writes.
  function [17:0] written(input integer width, input [13:0] at);
    written = width < 18 ? seen(width, at) : {{9{at[1]}}, {9{at[0]}}};
  endfunction

  function integer shift(input integer width, input [13:0] at);
    case (width)
      1: shift = 9 * at[3] + at[2:0];
      2: shift = 9 * at[3] + (at[2:0] & 3'd6);
      4: shift = 9 * at[3] + (at[2:0] & 3'd4);
      9: shift = 9 * at[3];
      default: shift = 0;
    endcase
  endfunction

  function [17:0] found(input integer width, input [13:0] at, input [17:0] word);
    found = (word & seen(width, at)) >> shift(width, at);
  endfunction

  function [17:0] merged(input [17:0] word, input integer width, input [13:0] at, input [17:0] in);
    merged = (word & ~written(width, at)) | ((in << shift(width, at)) & written(width, at));
  endfunction

  reg [17:0] here_a, here_b, next_a;
  always @(posedge CLKA) begin
    if (DATA_WIDTH_A == 36) begin
      // Port A writes two words; port B reads, both halves of a pair if it has 36 bits.
      here_a = mem[{at_b[13:5], 1'b0}];
      here_b = mem[DATA_WIDTH_B == 36 ? {at_b[13:5], 1'b1} : at_b[13:4]];
      if (writes_a && at_a[13:5] == at_b[13:5]) begin
        here_a = ~here_a;
        here_b = ~here_b;
      end
      if (CEB) begin
        if (DATA_WIDTH_B == 36) out_a <= here_a;
        out_b <= found(DATA_WIDTH_B, at_b, here_b);
      end
      if (writes_a) begin
        mem[{at_a[13:5], 1'b0}] <= merged(mem[{at_a[13:5], 1'b0}], 18, at_a, in_a);
        mem[{at_a[13:5], 1'b1}] <= merged(mem[{at_a[13:5], 1'b1}], 18, at_a >> 2, in_b);
      end
    end else begin
      here_a = mem[at_a[13:4]];
      here_b = mem[at_b[13:4]];
      next_a = merged(here_a, DATA_WIDTH_A, at_a, in_a);
      if (CEA & (~WEA | WRITEMODE_A != "NORMAL"))
        out_a <= found(DATA_WIDTH_A, at_a,
          writes_b && at_a[13:4] == at_b[13:4] ? ~here_a :
          writes_a && WRITEMODE_A == "WRITETHROUGH" ? next_a : here_a);
      if (CEB & (~WEB | WRITEMODE_B != "NORMAL"))
        out_b <= found(DATA_WIDTH_B, at_b,
          writes_a && at_a[13:4] == at_b[13:4] ? ~here_b :
          writes_b && WRITEMODE_B == "WRITETHROUGH" ?
            merged(here_b, DATA_WIDTH_B, at_b, in_b) : here_b);
      if (writes_a) mem[at_a[13:4]] <= next_a;
      if (writes_b) mem[at_b[13:4]] <= merged(here_b, DATA_WIDTH_B, at_b, in_b);
    end
  end
endmodule

// A product, without registers.
module MULT18X18D(
  input A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0,
  input B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0,
  input C17, C16, C15, C14, C13, C12, C11, C10, C9, C8, C7, C6, C5, C4, C3, C2, C1, C0,
  input SIGNEDA, SIGNEDB, SOURCEA, SOURCEB,
    output P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18,
      P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
);
    wire signed [18:0] a = {SIGNEDA & A17, A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6,
      A5, A4, A3, A2, A1, A0};
    wire signed [18:0] b = {SIGNEDB & B17, B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6,
      B5, B4, B3, B2, B1, B0};
  wire signed [37:0] product = a * b;
    assign {P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19,
      P18, P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0} =
      product[35:0];
endmodule
